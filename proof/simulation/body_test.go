package simulation

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A body that comes slowly, not at all or without end is cut off, and the answer is an
// error of AWS's in the protocol that was spoken.
func TestBodies(t *testing.T) {
	// What never comes is waited for by one that does not wait for long.
	hasty, patient := started(t, time.Second), started(t, time.Minute)
	for name, c := range map[string]struct {
		s      *Simulation
		header string
		body   string
		status int
		want   string
	}{
		"1 GiB announced and never sent": {patient, "Content-Length: 1073741824", "", http.StatusRequestEntityTooLarge, "RequestEntityTooLarge"},
		"a KiB announced and never sent": {hasty, "Content-Length: 1024", "", http.StatusRequestTimeout, "RequestTimeout"},
		"1 MiB of which half is sent":    {hasty, "Content-Length: 1048576", strings.Repeat("x", 1<<19), http.StatusRequestTimeout, "RequestTimeout"},
		"chunks without end":             {patient, "Transfer-Encoding: chunked", strings.Repeat("100000\r\n"+strings.Repeat("x", 1<<20)+"\r\n", 8), http.StatusRequestEntityTooLarge, "RequestEntityTooLarge"},
		"not UTF-8":                      {patient, "Content-Length: 2", "\xff\xfe", http.StatusBadRequest, "MalformedInput"},
		"not JSON":                       {patient, "Content-Length: 2", "{]", http.StatusBadRequest, "MalformedInput"},
		"nothing":                        {patient, "Content-Length: 0", "", http.StatusBadRequest, "MissingParameter"},
	} {
		t.Run(name, func(t *testing.T) {
			response := exchange(t, c.s, "X-Amz-Target: AmazonSQS.SendMessage\r\n"+c.header, c.body)
			var refused struct {
				Type    string `json:"__type"`
				Message string
			}
			if err := json.NewDecoder(response.Body).Decode(&refused); err != nil {
				t.Fatal(err)
			}
			if got := response.Header.Get("x-amzn-query-error"); got != c.want+";Sender" || response.StatusCode != c.status || refused.Type == "" || refused.Message == "" {
				t.Errorf("got %d %s %+v, want %d %s", response.StatusCode, got, refused, c.status, c.want)
			}
		})
	}
	t.Run("in the query protocol", func(t *testing.T) {
		for body, want := range map[string]string{"Action=": "MissingAction", "Action=Foo&Version=2011-06-15": "InvalidAction", "%zz": "MalformedQueryString"} {
			response := exchange(t, patient, fmt.Sprintf("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d", len(body)), body)
			text, err := io.ReadAll(response.Body)
			if err != nil || !strings.Contains(string(text), "<Code>"+want+"</Code>") {
				t.Errorf("%s: got %s, %v, want %s", body, text, err, want)
			}
		}
	})
}

// started is a simulation that decides nothing.
func started(t *testing.T, bodyTimeout time.Duration) *Simulation {
	t.Helper()
	s, err := start(nil, bodyTimeout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// A GET has the form in its URL.
func TestGET(t *testing.T) {
	s := started(t, time.Minute)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http"+strings.TrimPrefix(s.URL, "https")+"/?Action=GetCallerIdentity&Version=2011-06-15", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(text), "<Code>MissingAuthenticationToken</Code>") {
		t.Errorf("got %s, %v", text, err)
	}
}

// exchange sends a request as it is and reads the answer.
func exchange(t *testing.T, s *Simulation, header, body string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n%s", rand.Text(), header, body)
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	return response
}
