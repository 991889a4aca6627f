package introspect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/warder-go/warder/middleware"
)

// witness keeps everything that operators are told, by an Observer and in a
// log of every level.
type witness struct {
	mu   sync.Mutex
	told bytes.Buffer
}

func (w *witness) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told.Write(b)
}

func (w *witness) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told.String()
}

func (w *witness) heard(text string) bool { return strings.Contains(w.String(), text) }

// options has the witness observe.
func (w *witness) options() middleware.Options {
	log := slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return middleware.Options{Observe: middleware.Observers(middleware.Log(log), w.observe)}
}

func (w *witness) observe(_ context.Context, e middleware.Event) {
	fmt.Fprintf(w, "%+v\n", e)
	w.tell(e.Err)
}

// tell writes err and what it wraps in every form.
func (w *witness) tell(err error) {
	if err == nil {
		return
	}
	fmt.Fprintf(w, "%v %+v %#v\n", err, err, err)
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		for _, each := range e.Unwrap() {
			w.tell(each)
		}
	default:
		w.tell(errors.Unwrap(err))
	}
}
