// Package recipes holds code to copy, not to import: what some APIs need and
// the library does not decide for them. The README shows each of them, and the
// tests here run them over HTTP.
package recipes
