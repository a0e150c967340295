package wire

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// Listeners are for plain HTTP and for TLS. AWS's endpoints have a port for each. Here
// both share one, so that one URL names them: what begins with a TLS handshake is TLS.
type Listeners struct {
	Address    string
	Plain, TLS net.Listener

	close func() error
}

// Close stops both.
func (l Listeners) Close() error { return l.close() }

const handshake = 0x16 // the first byte of TLS

// Listen listens on a free port of loopback.
func Listen(config *tls.Config) (Listeners, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Listeners{}, err
	}
	plain, secure := newProtocolListener(l), newProtocolListener(l)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				close(plain.ended)
				close(secure.ended)
				return
			}
			go func() {
				p := peeked{conn, bufio.NewReader(conn)}
				_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
				first, err := p.r.Peek(1)
				_ = conn.SetReadDeadline(time.Time{})
				switch {
				case err != nil:
					_ = conn.Close()
				case first[0] == handshake:
					secure.take(p)
				default:
					plain.take(p)
				}
			}()
		}
	}()
	return Listeners{Address: l.Addr().String(), Plain: plain, TLS: tls.NewListener(secure, config), close: l.Close}, nil
}

// A protocolListener is a listener for the connections of one kind.
type protocolListener struct {
	net.Listener
	conns chan net.Conn
	ended chan struct{}
}

func newProtocolListener(l net.Listener) protocolListener {
	return protocolListener{l, make(chan net.Conn), make(chan struct{})}
}

func (l protocolListener) take(conn net.Conn) {
	select {
	case l.conns <- conn:
	case <-l.ended:
		_ = conn.Close()
	}
}

func (l protocolListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.ended:
		return nil, net.ErrClosed
	}
}

// Close does nothing: both end with the listener.
func (l protocolListener) Close() error { return nil }

// peeked is a connection whose first byte was looked at.
type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p peeked) Read(b []byte) (int, error) { return p.r.Read(b) }

// NewCertificate is one for loopback, which only clients that are told trust.
func NewCertificate() (config *tls.Config, text []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "simulation of AWS"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(30 * 24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		IsCA: true, BasicConstraintsValid: true, // clients take it as their authority
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	config = &tls.Config{
		Certificates:     []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		CurvePreferences: []tls.CurveID{tls.X25519}, // fast; nothing leaves this computer
	}
	return config, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
