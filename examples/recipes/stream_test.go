package recipes_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/warder-go/warder/examples/recipes"
	warder "github.com/warder-go/warder/middleware"
)

func TestChangesEndWithTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		token := &warder.Token{Expiry: start.Add(time.Minute)}
		changes := make(chan string)
		go func() { changes <- "note 1" }()

		r := httptest.NewRequest("GET", "/changes", nil)
		r = r.WithContext(warder.NewContext(r.Context(), token))
		w := httptest.NewRecorder()
		recipes.Changes(changes)(w, r)

		if took := time.Since(start); took != time.Minute {
			t.Errorf("the stream ended after %v", took)
		}
		if got := w.Body.String(); got != "data: note 1\n\n" || !w.Flushed {
			t.Errorf("sent %q, flushed: %v", got, w.Flushed)
		}
	})
}

func TestChangesEndWithTheirChannel(t *testing.T) {
	changes := make(chan string, 1)
	changes <- "last"
	close(changes)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	w := httptest.NewRecorder()
	recipes.Changes(changes)(w, httptest.NewRequest("GET", "/changes", nil).WithContext(ctx))
	if got := w.Body.String(); got != "data: last\n\n" || ctx.Err() != nil {
		t.Errorf("sent %.100q, %v", got, ctx.Err())
	}
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
			recipes.Changes(changes)(w, httptest.NewRequest("GET", "/changes", nil).WithContext(ctx))
			if got := w.Body.String(); got != row.want {
				t.Errorf("sent %q, want %q", got, row.want)
			}
		})
	}
}
