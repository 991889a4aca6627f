package main

import (
	"context"

	"io"

	"github.com/warder-go/warder/issuertest"
)

type tour struct {
	ctx    context.Context
	out    io.Writer
	issuer *issuertest.Issuer
}

func (t *tour) show() error { return nil }
