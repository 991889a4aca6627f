package main

import (
	"bufio"
	"context"
	"errors"
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
			b.hub.publish("note 1")
			time.Sleep(30 * time.Second)
			b.hub.publish("note 2")
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

// A channel that streams share gives each change to one of them.
func TestEveryStreamGetsEveryChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		defer b.close()
		var streams []*bufio.Reader
		for range 3 {
			answer := b.connect(t.Context(), b.issuer.Token(nil))
			defer answer.Body.Close()
			streams = append(streams, bufio.NewReader(answer.Body))
		}
		for _, change := range []string{"note 1", "note 2"} {
			go b.hub.publish(change)
			for i, stream := range streams { // each has to be read before the next change
				for _, want := range []string{"data: " + change + "\n", "\n"} {
					if line, err := stream.ReadString('\n'); line != want {
						t.Errorf("stream %d: sent %q, %v, want %q", i, line, err, want)
					}
				}
			}
		}
	})
}

// A subscription ends with its stream, or those of all who ever came are kept.
func TestASubscriptionEndsWithItsStream(t *testing.T) {
	for _, row := range []struct {
		name string
		end  func(changes chan string, leave context.CancelFunc)
	}{
		{"the client leaves", func(_ chan string, leave context.CancelFunc) { leave() }},
		{"there are no more changes", func(changes chan string, _ context.CancelFunc) { close(changes) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			changes := make(chan string)
			var subscribed context.Context
			ctx, leave := context.WithTimeout(t.Context(), 10*time.Second)
			defer leave()
			Changes(func(ctx context.Context) <-chan string {
				subscribed = ctx
				row.end(changes, leave)
				return changes
			})(httptest.NewRecorder(), httptest.NewRequest("GET", "/changes", nil).WithContext(ctx))
			if !errors.Is(subscribed.Err(), context.Canceled) {
				t.Errorf("its context: %v", subscribed.Err())
			}
		})
	}
}

func TestAStreamEndsWhenItsClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		defer b.close()
		start := time.Now()
		ctx, leave := context.WithCancel(t.Context())
		answer := b.connect(ctx, b.issuer.Token(nil))
		defer answer.Body.Close()
		go func() { b.hub.publish("note 1") }()
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
			Changes(func(context.Context) <-chan string { return changes })(w, httptest.NewRequest("GET", "/changes", nil).WithContext(ctx))
			if got := w.Body.String(); got != row.want || !w.Flushed || ctx.Err() != nil {
				t.Errorf("sent %q, want %q, flushed: %t, %v", got, row.want, w.Flushed, ctx.Err())
			}
		})
	}
}
