package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

const expired = `Bearer realm="api", error="invalid_token", error_description="The access token expired", scope="read"`

func TestAStreamEndsWithItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		defer b.close()
		start := time.Now()
		exp := start.Add(time.Minute)
		token := b.issuer.Token(map[string]any{"exp": exp.Unix()})
		answer := b.connect(t.Context(), token)
		go func() {
			b.changes <- "note 1"
			time.Sleep(30 * time.Second)
			b.changes <- "note 2"
		}()
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("the stream ended after %v", took)
		}
		const want = "data: note 1\n\ndata: note 2\n\nevent: expired\ndata: the access token expired\n\n"
		if string(body) != want {
			t.Errorf("sent %q, want %q", body, want)
		}

		// The verifier tolerates a clock skew of 30 s. Within, the handler
		// refuses; beyond, the guard does: the client cannot tell, and need not.
		for _, after := range []time.Duration{0, 29 * time.Second, 31 * time.Second} {
			time.Sleep(time.Until(exp.Add(after)))
			if status, challenge := b.refused(token); status != 401 || challenge != expired {
				t.Errorf("%v after exp: %d %s", after, status, challenge)
			}
		}
		another := b.connect(t.Context(), b.issuer.Token(nil))
		defer another.Body.Close()
		if another.StatusCode != 200 {
			t.Errorf("another token: %s", another.Status)
		}
	})
}

// A handler that waits for its client to read would outlive the token.
func TestAStreamEndsThoughNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		defer b.close()
		start := time.Now()
		conn, err := b.pipes.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		token := b.issuer.Token(map[string]any{"exp": start.Add(time.Minute).Unix()})
		fmt.Fprintf(conn, "GET /changes HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer %s\r\n\r\n", token)
		<-b.ended
		if took := time.Since(start); took != time.Minute+5*time.Second {
			t.Errorf("the handler ended after %v", took)
		}
	})
}

func TestAStreamEndsWhenItsClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		defer b.close()
		start := time.Now()
		ctx, leave := context.WithCancel(t.Context())
		answer := b.connect(ctx, b.issuer.Token(nil))
		defer answer.Body.Close()
		go func() { b.changes <- "note 1" }()
		if line, err := bufio.NewReader(answer.Body).ReadString('\n'); line != "data: note 1\n" {
			t.Errorf("sent %q, %v", line, err)
		}
		leave()
		<-b.ended
		if took := time.Since(start); took != 0 {
			t.Errorf("the handler ended after %v", took)
		}
	})
}

// Whoever writes notes must not write events: every line break of the event
// stream format ends a field.
func TestAChangeIsOneEventWhateverItHolds(t *testing.T) {
	for _, row := range []struct{ change, want string }{
		{"a\n\nevent: evil\ndata: x", "data: a\ndata: \ndata: event: evil\ndata: data: x\n\n"},
		{"a\r\nb", "data: a\ndata: b\n\n"},
		{"a\rid: 1", "data: a\ndata: id: 1\n\n"},
		{"a\r\r\n\n", "data: a\ndata: \ndata: \ndata: \n\n"},
		{"", "data: \n\n"},
	} {
		t.Run(fmt.Sprintf("%q", row.change), func(t *testing.T) {
			changes := make(chan string, 1)
			changes <- row.change
			close(changes)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			w := httptest.NewRecorder()
			Changes(changes)(w, httptest.NewRequest("GET", "/changes", nil).WithContext(ctx))
			if got := w.Body.String(); got != row.want || !w.Flushed || ctx.Err() != nil {
				t.Errorf("sent %q, want %q, flushed: %t, %v", got, row.want, w.Flushed, ctx.Err())
			}
		})
	}
}
