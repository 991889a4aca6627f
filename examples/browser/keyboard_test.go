package browser_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tabTo presses Tab until the element has the focus, and reports one that does
// not show it.
func (b *tab) tabTo(id string) {
	b.t.Helper()
	for range 12 {
		if get(b, chromedp.Evaluate[string]("document.activeElement.id")) == id {
			if !get(b, chromedp.Evaluate[bool](`getComputedStyle(document.activeElement).outlineStyle !== "none"`)) {
				b.t.Errorf("nobody can see that #%s has the focus", id)
			}
			return
		}
		b.do(chromedp.KeyEvent(kb.Tab))
	}
	b.t.Fatalf("#%s cannot be reached with the Tab key", id)
}

// waitForFocus waits until the browser has put the focus where the page wants it.
func (b *tab) waitForFocus(id string) {
	b.t.Helper()
	b.do(chromedp.Poll[chromedp.Void](fmt.Sprintf("document.activeElement.id === %q", id), chromedp.WithPollingTimeout(10*time.Second)))
}

func TestThePagesNeedNoMouse(t *testing.T) {
	s := newStory(t)
	s.authorize("scope", "openid notes:read notes:write")
	s.waitForFocus("username")
	s.do(chromedp.KeyEvent("alice"))
	s.tabTo("password")
	s.follow(chromedp.KeyEvent("wonder" + kb.Enter))
	s.says("#error", "wrong")
	s.waitForFocus("password") // what is most likely wrong
	s.follow(chromedp.KeyEvent("wonderland" + kb.Enter))
	s.at("/consent")
	s.tabTo("scope-1")
	s.do(chromedp.KeyEvent(" ")) // not that
	s.tabTo("allow")
	s.follow(chromedp.KeyEvent(kb.Enter))
	s.reads("200", "403")
}

// Enter anywhere in the form presses its first button: that must not be Allow.
func TestEnterAloneAllowsNothing(t *testing.T) {
	s := newStory(t)
	s.authorize("scope", "openid notes:read")
	s.signIn("alice", "wonderland")
	s.at("/consent")
	s.tabTo("scope-0")
	s.follow(chromedp.KeyEvent(kb.Enter))
	s.says("#text", "access_denied")
}
