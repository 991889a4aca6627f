package browser_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// patience is how long one tab may take for everything that it does.
const patience = 45 * time.Second

// browser starts Chromium once for all tests; TestMain stops it.
var browser = sync.OnceValues(func() (context.Context, error) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		return nil, nil // tests skip
	}
	profile, err := os.MkdirTemp("", "browser-test")
	if err != nil {
		return nil, err
	}
	atExit = append(atExit, func() {
		// Some processes of the browser write for a moment longer than it lives;
		// what they leave lies in the folder for temporary files.
		_ = os.RemoveAll(profile)
	})
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.UserDataDir(profile),
		chromedp.NoSandbox, // CI is root, for whom there is no sandbox; all pages are ours
		chromedp.DisableGPU,
		// Nothing but this machine.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost"),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("disable-component-update", true),
	)
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil { // starts it
		return nil, fmt.Errorf("%s does not start: %w", program, err)
	}
	atExit = append(atExit, func() {
		limited, done := context.WithTimeout(ctx, 10*time.Second)
		defer done()
		_ = chromedp.Cancel(limited) // it may have gone before
	})
	return ctx, nil
})

// atExit runs after all tests, last first.
var atExit []func()

func TestMain(m *testing.M) {
	code := m.Run()
	for i := len(atExit) - 1; i >= 0; i-- {
		atExit[i]()
	}
	os.Exit(code)
}

// tab is a page of a browser that knows nothing of other tests: no cookies, no
// cache. Its methods end the test when they fail.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// newTab opens a tab, or skips the test where there is no Chromium.
func newTab(t *testing.T) *tab {
	t.Helper()
	parent, err := browser()
	if err != nil {
		t.Fatal(err)
	}
	if parent == nil {
		t.Skip("there is no chromium in the PATH; Debian has it in the package chromium")
	}
	ctx, closeTab := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800)); err != nil {
		t.Fatal(err)
	}
	ctx, done := context.WithTimeout(ctx, patience)
	t.Cleanup(done)
	return &tab{t, ctx}
}

// do runs the steps, and shows the page where one fails.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.failed(err)
	}
}

// get returns what an action finds out.
func get[T any](b *tab, a chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, a)
	if err != nil {
		b.failed(err)
	}
	return v
}

func (b *tab) failed(err error) {
	b.t.Helper()
	// The tab's own time may be over.
	ctx, done := context.WithTimeout(context.WithoutCancel(b.ctx), 5*time.Second)
	defer done()
	where, _ := chromedp.Run(ctx, chromedp.Location())
	what, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`))
	where, _, _ = strings.Cut(where, "?")
	b.t.Fatalf("%v\nat %s, which says:\n%s", err, where, what)
}

// open shows a URL.
func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

// follow runs steps that lead to another page, and returns the answer that the
// page came with, at the end of all redirects.
func (b *tab) follow(steps ...chromedp.Action[chromedp.Void]) *network.Response {
	b.t.Helper()
	response, err := chromedp.RunResponse(b.ctx, steps...)
	if err != nil {
		b.failed(err)
	}
	return response
}
