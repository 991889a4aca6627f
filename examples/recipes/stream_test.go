package recipes_test

import (
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
