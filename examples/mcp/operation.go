package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"github.com/warder-go/warder/middleware"
	"github.com/warder-go/warder/scopes"
)

const (
	maxMessage = 1 << 20 // bytes of one JSON-RPC message

	methodCallTool = "tools/call"
)

// operations asks of each tool call what its tool needs, before the call is
// processed: once the SDK runs it, the status is 200 and there is no challenge
// that a client could step up with (MCP, "Scope Challenge Handling"). It stands
// behind a guard, so that strangers send it nothing to read.
//
// It reads the message as the SDK does, with the SDK's own decoder, and what it
// cannot read is refused: a message that is too long, malformed, or a batch,
// which MCP gave up. A tool without a requirement is refused too. [enforced]
// asks once more, in the SDK, so that no trick of JSON comes between the two.
//
// No response outlives the token.
func operations(toolbox map[string]scopes.Requirement, next http.Handler) http.Handler {
	next = untilExpiry(next)
	tools := make(map[string]http.Handler, len(toolbox))
	for name, needs := range toolbox {
		tools[name] = needs.Handler(next)
	}
	unknown := scopes.Requirement{}.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			next.ServeHTTP(w, r) // GET and DELETE of a session
			return
		}
		message, ok := read(w, r)
		if !ok {
			return
		}
		call, ok := message.(*jsonrpc.Request)
		if !ok {
			next.ServeHTTP(w, r) // the client's response to a question of ours
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, call.ID))
		if call.Method != methodCallTool {
			next.ServeHTTP(w, r) // the endpoint's requirement was enough
			return
		}
		tool, known := tools[toolOf(call.Params)]
		if !known {
			tool = unknown
		}
		tool.ServeHTTP(w, r)
	})
}

// read decodes r's message and puts its bytes back.
func read(w http.ResponseWriter, r *http.Request) (jsonrpc.Message, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	if err != nil {
		status := http.StatusBadRequest
		if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, http.StatusText(status), status)
		return nil, false
	}
	message, err := jsonrpc.DecodeMessage(body)
	if err != nil {
		http.Error(w, "not one JSON-RPC message", http.StatusBadRequest)
		return nil, false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return message, true
}

// toolOf returns the name of the tool that a call is for, or "" if it has none.
func toolOf(params json.RawMessage) string {
	var members map[string]json.RawMessage // a struct would take "Name" for "name"
	var name string
	if json.Unmarshal(params, &members) != nil || json.Unmarshal(members["name"], &name) != nil {
		return ""
	}
	return name
}

type callKey struct{} // the [jsonrpc.ID] of the call that a request carries

// writeDenial is [middleware.WriteDenial] for callers: whatever was refused, its
// challenge is in the fields already, and a call also gets a JSON-RPC error with
// its id. Without one the SDK's client takes a tool that it may not call for
// the end of the session.
func writeDenial(w http.ResponseWriter, r *http.Request, d middleware.Denial) {
	id, _ := r.Context().Value(callKey{}).(jsonrpc.ID)
	body, err := jsonrpc.EncodeMessage(&jsonrpc.Response{ID: id, Error: &jsonrpc.Error{
		Code:    int64(d.StatusCode), // MCP leaves numbers beyond JSON-RPC's own to applications
		Message: http.StatusText(d.StatusCode),
	}})
	if !id.IsValid() || err != nil {
		middleware.WriteDenial(w, r, d)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(d.StatusCode)
	_, _ = w.Write(body) // the client may be gone
}
