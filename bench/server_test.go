package main

import (
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Each server answers 200 to all that is asked: anything else is an error.
func TestServersAnswer(t *testing.T) {
	all, err := measureServers(testIssuer(t), 1, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(contenders); len(all) != want { // one less, and the bound
		t.Errorf("%d servers, want %d", len(all), want)
	}
	for _, s := range all {
		if len(s.shares) != 1 || s.shares[0] <= 0 {
			t.Errorf("%s: shares %v", s.name, s.shares)
		}
	}
}

// A server that refuses is no server to measure.
func TestARefusingServerIsAnError(t *testing.T) {
	s := &served{name: "none", handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })}
	stop, err := s.start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if n, err := s.load("x", time.Millisecond); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("%d answers, %v", n, err)
	}
}

// "R and nothing else" checks the signature for each request: with the key of
// somebody else, it panics. And it lets everything else be.
func TestTheBoundIsR(t *testing.T) {
	is := testIssuer(t)
	all, _, err := guards(is, is.requests("RS256")[0].token)
	if err != nil {
		t.Fatal(err)
	}
	h := all[len(all)-1]
	if h.name != bound {
		t.Fatalf("the last is %q", h.name)
	}
	do, status := call(h.handler, request{})
	if do(); status() != http.StatusOK {
		t.Fatalf("status %d", status())
	}
	is.rsa.N = new(big.Int).Add(is.rsa.N, big.NewInt(2))
	defer func() {
		if recover() == nil {
			t.Error("no signature is checked")
		}
	}()
	do()
}

// Every answer after the first has to be the first again: another length or
// another status is an error, not a wait and not a count.
func TestAClientNoticesOtherAnswers(t *testing.T) {
	const first = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	for _, row := range []struct {
		name, second string
		window       time.Duration // for those who notice at once, never over
		patience     time.Duration
		fails        bool
	}{
		{"the same", first, time.Millisecond, time.Minute, false},
		{"another status in as many bytes", strings.Replace(first, "200", "401", 1), time.Minute, 0, true},
		{"another body in as many bytes", strings.Replace(first, "ok", "no", 1), time.Minute, 0, true},
		{"a shorter one", strings.TrimSuffix(first, "k"), time.Millisecond, 50 * time.Millisecond, true},
		{"a longer one", first + "!", time.Minute, 0, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				ask := make([]byte, len("ask"))
				for answer := first; ; answer = row.second {
					if _, err := io.ReadFull(conn, ask); err != nil {
						return
					}
					io.WriteString(conn, answer)
				}
			}()
			var answered atomic.Int64
			err = client(l.Addr().String(), []byte("ask"), row.window, row.patience, &answered)
			if (err != nil) != row.fails {
				t.Errorf("error %v after %d answers", err, answered.Load())
			}
		})
	}
}
