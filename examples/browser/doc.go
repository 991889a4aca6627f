// Package browser shows in a real browser what needs one to be believed: that
// a page of another origin can call an API behind a guard and read why it was
// refused, and that a person can sign in at the pages of examples/issuer,
// consent, deny and connect a device. It holds tests alone, which drive
// Chromium (Debian's package chromium) and say why when they skip. It is a
// module of its own, so that the library does not depend on what they use.
//
//	go test -artifacts -outputdir FOLDER . # keeps the screenshots
package browser
