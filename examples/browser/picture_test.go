package browser_test

import (
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var phone = []chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)}

// picture takes screenshots of the page at the width of a desk and of a phone,
// there in dark colors too, and reports a page that a phone would have to move
// sideways.
func (b *tab) picture(name string) {
	b.t.Helper()
	for _, screen := range []struct {
		name          string
		width, height int64
		colors        string
		options       []chromedp.EmulateViewportOption
	}{
		{"phone", 360, 740, "light", phone},
		{"dark", 360, 740, "dark", phone},
		{"desktop", 1280, 800, "light", nil}, // last: this is what newTab has set
	} {
		b.do(chromedp.EmulateViewport(screen.width, screen.height, screen.options...))
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: screen.colors}},
		}); err != nil {
			b.failed(err)
		}
		if width := get(b, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); width > screen.width {
			b.t.Errorf("%s is %d pixels wide on a %s of %d", name, width, screen.name, screen.width)
		}
		path := filepath.Join(b.t.ArtifactDir(), name+"-"+screen.name+".png")
		if err := os.WriteFile(path, get(b, chromedp.FullScreenshot(100)), 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
}
