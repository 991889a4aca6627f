package issuertest

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// authorizationLifetime is how long a person has to decide.
const authorizationLifetime = 10 * time.Minute

// The authentication context classes that the issuer knows. A Grant says which
// one the person's authentication was.
const (
	ACRPassword    = "pwd"
	ACRMultiFactor = "mfa"
)

var acrValues = []string{ACRPassword, ACRMultiFactor}

// The refusals of Authorization.Refuse.
const (
	LoginRequired                   = "login_required"                    // OpenID Connect Core §3.1.2.6
	InteractionRequired             = "interaction_required"              // the same
	ConsentRequired                 = "consent_required"                  // the same
	AccountSelectionRequired        = "account_selection_required"        // the same
	UnmetAuthenticationRequirements = "unmet_authentication_requirements" // OpenID Connect, Unmet Authentication Requirements
	ServerError                     = "server_error"                      // RFC 6749 §4.1.2.1
	TemporarilyUnavailable          = "temporarily_unavailable"           // the same
)

var refusals = []string{
	LoginRequired, InteractionRequired, ConsentRequired, AccountSelectionRequired,
	UnmetAuthenticationRequirements, ServerError, TemporarilyUnavailable,
}

// Authorization is a request for authorization that a person has to decide: from
// the authorization endpoint or, with a UserCode, from a device. It waits for ten
// minutes, and ends with the first call of Approve, Deny or Refuse; later ones
// answer with an error page. Safe for concurrent use; never modify its fields.
type Authorization struct {
	// ID is unguessable. Pages carry it, and Issuer.Authorization finds the
	// request again.
	ID string

	ClientID   string
	ClientName string
	// RedirectURI is where the answer goes; empty for a device. To show its host
	// helps against phishing.
	RedirectURI string
	// UserCode is what a device shows, as XXXX-XXXX; else empty. The person has to
	// confirm that it is the same (RFC 8628 §5.4).
	UserCode string

	Scopes    []string // asked for
	Resources []string // the token's audience
	Prompt    []string // none, login, consent, select_account (OpenID Connect Core §3.1.2.1)
	ACRValues []string // asked for and supported, by preference; nil: any will do
	LoginHint string   // what the client thinks the person is called

	issuer    *Issuer
	request   authorizationRequest
	device    *device
	notBefore time.Time // the authentication must not be older; zero: any will do
}

// Grant is what a person grants, and what is known about the person.
type Grant struct {
	// Subject identifies the person (sub). Required.
	Subject string
	// Scopes are those granted. None is granted that is not named here, nor one
	// that was not asked for. If none is left of those asked for, Approve denies.
	Scopes []string
	// AuthTime is when the person authenticated; default now, but where the client
	// asks for a recent authentication it has to be said.
	AuthTime time.Time
	// ACR is the authentication context class; default none.
	ACR string
	// UserInfo is what the userinfo endpoint says of the person. The standard
	// claims of a scope such as email are left out when it was not granted.
	UserInfo map[string]any
	// Claims are added to access tokens. They cannot replace the issuer's own, nor
	// say scope, acr, cnf, nbf, active or token_type. One that is nil is left out.
	Claims map[string]any
}

// Authorization returns the pending request with the ID, or nil when there is
// none: it was decided, its time is over, or it never was.
func (i *Issuer) Authorization(id string) *Authorization { return i.grants.held(id) }

// Fresh reports whether an authentication at t is recent enough for what the
// client asked with max_age and prompt. If not, the person has to sign in again.
// The future is never recent, and the zero time only where nothing is asked.
func (a *Authorization) Fresh(t time.Time) bool {
	return !t.Before(a.notBefore) && !t.After(time.Now())
}

// Approve grants what g says and answers with a 303: to the client, or back to
// the verification page of a device. An authentication that is not Fresh, or
// whose ACR is none of ACRValues, is not what the client asked for: it gets an
// error instead (RFC 9470 §5), and login_required when the Subject is not who
// the client's id_token_hint is about. It panics without a Subject, and when
// UserInfo or Claims are not JSON.
func (a *Authorization) Approve(w http.ResponseWriter, g Grant) {
	if g.Subject == "" {
		panic("issuertest: Approve: Subject is required")
	}
	g.Claims, g.UserInfo = frozen(g.Claims), frozen(g.UserInfo)
	if len(a.ACRValues) > 0 && !slices.Contains(a.ACRValues, g.ACR) || !a.Fresh(g.AuthTime) {
		code := UnmetAuthenticationRequirements
		if a.silent() {
			code = LoginRequired
		}
		a.end(w, code, "the authentication is not as was asked for")
		return
	}
	if hinted := a.request.subject; hinted != "" && hinted != g.Subject {
		// The client would take one person for another (OpenID Connect Core §3.1.2.2).
		a.end(w, LoginRequired, "somebody else than the person of id_token_hint signed in")
		return
	}
	if g.AuthTime.IsZero() {
		g.AuthTime = time.Now()
	}
	// In the order asked for, and never more than that.
	granted := slices.DeleteFunc(slices.Clone(a.Scopes), func(s string) bool { return !slices.Contains(g.Scopes, s) })
	if len(granted) == 0 && len(a.Scopes) > 0 {
		a.end(w, "access_denied", "nothing that was asked for was granted")
		return
	}
	if a.device == nil && a.request.challenge == "" && !slices.Contains(granted, "openid") {
		// Without PKCE the nonce protects the code, and there would be no ID token to
		// carry it (RFC 9700 §2.1.1).
		a.end(w, "access_denied", "openid was not granted, which the nonce needs in the place of PKCE")
		return
	}
	if !a.issuer.grants.take(a) {
		gone(w)
		return
	}
	f := newFamily(a, g, granted)
	if a.device != nil {
		a.issuer.grants.approveDevice(a.device, f)
		redirect(w, a.issuer.URL+EndpointVerification, url.Values{"result": {"approved"}})
		return
	}
	code := a.issuer.grants.newCode(f, a.request)
	a.redirect(w, url.Values{"code": {code}})
}

// Deny answers with a 303 that says access_denied (RFC 6749 §4.1.2.1).
func (a *Authorization) Deny(w http.ResponseWriter) {
	a.end(w, "access_denied", "the request was denied")
}

// Refuse answers with a 303 that says code, which is one of the constants. A
// device gets access_denied. It panics on any other code.
func (a *Authorization) Refuse(w http.ResponseWriter, code string) {
	if !slices.Contains(refusals, code) {
		panic("issuertest: Refuse: use the constants")
	}
	a.end(w, code, "the request was refused")
}

func (a *Authorization) end(w http.ResponseWriter, code, description string) {
	if !a.issuer.grants.take(a) {
		gone(w)
		return
	}
	a.answerError(w, code, description)
}

func gone(w http.ResponseWriter) {
	errorPage(w, http.StatusBadRequest, "This request has been decided, or its time is over.")
}

// answerError answers an a that was taken.
func (a *Authorization) answerError(w http.ResponseWriter, code, description string) {
	if a.device != nil {
		a.issuer.grants.denyDevice(a.device)
		redirect(w, a.issuer.URL+EndpointVerification, url.Values{"result": {"denied"}})
		return
	}
	a.redirectError(w, code, description)
}

func (a *Authorization) redirectError(w http.ResponseWriter, code, description string) {
	a.redirect(w, url.Values{"error": {code}, "error_description": {description}})
}

// redirect answers the client, with its state as it was sent and with who
// answers (RFC 9207 §2).
func (a *Authorization) redirect(w http.ResponseWriter, params url.Values) {
	if a.request.state != "" {
		params.Set("state", a.request.state)
	}
	params.Set("iss", a.issuer.URL)
	redirect(w, a.request.redirectURI, params)
}
