// Package simulation answers on this computer, in place of AWS, what senders, consumers
// and those who look things up ask of SQS, KMS, STS, IAM and Organizations. An
// independent evaluator of AWS policies decides every request by what was deployed into
// it: identity policies, trust policies, policies of the organization, and the policies
// of queue and key, which SQS asks with the sender's identity. It is not AWS: what AWS's
// services do beyond their policies is written here after AWS's documentation.
package simulation

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/simulation/organization"
	"example.com/shared-queue/proof/simulation/queue"
	"example.com/shared-queue/proof/simulation/wire"
	"example.com/shared-queue/proof/world"
)

// A Simulation listens on loopback until it is closed.
type Simulation struct {
	// URL is its endpoint for all services. The same port speaks plain HTTP too.
	URL string
	// Certificate is what clients must trust, in PEM.
	Certificate []byte

	evaluator *evaluate.Evaluator
	servers   []*http.Server
	close     func() error

	tree        *organization.Tree
	bodyTimeout time.Duration // how long a request's body may take

	mu      sync.Mutex
	world   *deployed
	added   []*queue.Queue  // that no stack deploys
	named   map[string]bool // ARNs of roles that the settings name
	callers map[string]*caller
	reused  map[string]time.Time // until when SQS uses data keys again
	watch   func(Decision)
	script  func(Request) http.Handler // nil if there is none
}

// Time-outs of a connection. The longest wait of a receive is 20 seconds.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 10 * time.Second
	answerTimeout = time.Minute // from the request's header on
	idleTimeout   = 2 * time.Minute
)

// Start listens on a free port of loopback. Nothing is deployed.
func Start(evaluator *evaluate.Evaluator) (*Simulation, error) {
	return start(evaluator, bodyTimeout)
}

func start(evaluator *evaluate.Evaluator, bodyTimeout time.Duration) (*Simulation, error) {
	s := &Simulation{
		evaluator: evaluator, bodyTimeout: bodyTimeout, world: nothing(), tree: organization.New(), named: map[string]bool{}, callers: map[string]*caller{},
		reused: map[string]time.Time{}, watch: func(Decision) {},
	}
	config, certificate, err := wire.NewCertificate()
	if err != nil {
		return nil, fmt.Errorf("simulation: %w", err)
	}
	l, err := wire.Listen(config)
	if err != nil {
		return nil, fmt.Errorf("simulation: %w", err)
	}
	s.URL, s.Certificate, s.close = "https://"+l.Address, certificate, l.Close
	for _, listener := range []net.Listener{l.Plain, l.TLS} {
		server := &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0),
			ReadHeaderTimeout: headerTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout}
		s.servers = append(s.servers, server)
		go func() { _ = server.Serve(listener) }() // until it is closed
	}
	return s, nil
}

// Close stops listening and ends all connections.
func (s *Simulation) Close() error {
	err := s.close()
	for _, server := range s.servers {
		err = errors.Join(err, server.Close())
	}
	return err
}

// Deploy replaces all that was deployed by the world. It fails where AWS would refuse
// it, and where the world has something that could not be read.
func (s *Simulation) Deploy(w *world.World) error {
	d, err := deploy(w)
	if err != nil {
		return err
	}
	problems, err := s.evaluator.Problems(d.documents())
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return fmt.Errorf("policies that AWS would reject, or conditions that never match: %s", strings.Join(problems, "; "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range s.added {
		d.queues[q.ARN()] = q
	}
	s.world, s.reused = d, map[string]time.Time{}
	return nil
}

// AddQueue adds a queue with no policy, which its own account's policies
// decide about alone. It stays when something else is deployed.
func (s *Simulation) AddQueue(a address.Queue) error {
	q, err := queue.New(a, map[string]string{})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.world.queues[a.ARN()] != nil {
		return errors.New("there is a queue " + a.Name + " already")
	}
	s.added = append(s.added, q)
	with := *s.world // whoever reads the old one may go on
	with.queues = maps.Clone(with.queues)
	with.queues[a.ARN()] = q
	s.world = &with
	return nil
}

// AddGrant adds a grant to a key that is deployed. It is gone when something else is.
func (s *Simulation) AddGrant(keyARN string, g world.Grant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.world.Keys, func(k *world.Key) bool { return k.ARN == keyARN })
	if i < 0 {
		return errors.New("there is no key " + keyARN)
	}
	k := *s.world.Keys[i]
	k.Grants = append(slices.Clone(k.Grants), g)
	w, with := *s.world.World, *s.world // whoever reads the old ones may go on
	w.Keys = slices.Clone(w.Keys)
	w.Keys[i], with.World = &k, &w
	s.world = &with
	return nil
}

// Watch calls f with each decision, one at a time.
func (s *Simulation) Watch(f func(Decision)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch = f
}

func (s *Simulation) report(d Decision) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch(d)
}

// SetOrganizationPath puts an account into an organization, at the path.
func (s *Simulation) SetOrganizationPath(account, path string) { s.tree.SetPath(account, path) }

// Issue makes credentials for a caller, which do not expire.
func (s *Simulation) Issue(c Caller) aws.Credentials { return s.issue(c, 0) }

// NewCredentials makes credentials for a caller. The path is that of its account.
func (s *Simulation) NewCredentials(name, arn, session string) aws.Credentials {
	return s.issue(Caller{Name: name, ARN: arn, Session: session, Path: s.tree.Path(accountOf(arn))}, 0)
}

// issue makes credentials, which do not expire if they last for no time.
func (s *Simulation) issue(c Caller, lasts time.Duration) aws.Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	made := aws.Credentials{AccessKeyID: "ASIA" + rand.Text()[:16], SecretAccessKey: rand.Text() + rand.Text()[:14]}
	known := &caller{Caller: c, secret: made.SecretAccessKey}
	if c.Session != "" {
		made.SessionToken = rand.Text()
		known.token = made.SessionToken
	}
	if lasts > 0 {
		made.CanExpire, made.Expires = true, time.Now().Add(lasts).UTC().Truncate(time.Second)
		known.expires = made.Expires
	}
	s.callers[made.AccessKeyID] = known
	return made
}

// signer finds who has signed the request, nobody if it is not signed.
func (s *Simulation) signer(r *http.Request, body []byte) (Caller, wire.Signature, error) {
	sig, err := wire.SignatureOf(r)
	if err != nil || sig.AccessKey == "" {
		return Caller{}, sig, err
	}
	c := s.known(sig.AccessKey)
	switch {
	case c == nil || c.token != r.Header.Get("X-Amz-Security-Token"):
		return Caller{}, sig, &wire.Error{Code: "InvalidClientTokenId", Status: http.StatusForbidden,
			Message: "The security token included in the request is invalid."}
	case !c.expires.IsZero() && time.Now().After(c.expires):
		return Caller{}, sig, &wire.Error{Code: "ExpiredToken", Status: http.StatusForbidden,
			Message: "The security token included in the request is expired"}
	}
	if err := sig.Check(r, body, c.secret, c.token); err != nil {
		return Caller{}, sig, err
	}
	return c.Caller, sig, nil
}

func (s *Simulation) known(accessKey string) *caller {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.callers[accessKey]
}

func (s *Simulation) deployed() *deployed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world
}

// reuses reports whether SQS has a data key for this.
func (c *call) reuses(what string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.reused[what])
}

func (c *call) reuse(what string, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.world == c.Simulation.world { // what was replaced meanwhile says nothing
		c.reused[what] = time.Now().Add(d)
	}
}

// newID has the form of a UUID.
func newID() string { return madeUpID(rand.Text()) }
