package platform

import (
	"regexp"
	"strings"
)

// What differs each time AWS or a provider says the same thing. Copied into the
// claim it would change the claim with every retry, and every change is a
// reason to reconcile again.
var (
	requestIDs = regexp.MustCompile(`(?i)[,;]?\s*\b(request ?id|host ?id|extended request id)\b["']?\s*[:=]\s*["']?[\w/+=.-]+["']?`)
	// Denied EC2 calls carry their details encrypted, with a new key each time.
	encoded = regexp.MustCompile(`(?i)\s*encoded authorization failure message:\s*\S+`)
	// The port a connection happened to be made from.
	connections = regexp.MustCompile(`:\d+->`)
	// The session a provider happened to assume its role in.
	sessions = regexp.MustCompile(`\baws-go-sdk-\d+\b`)
	spaces   = regexp.MustCompile(`\s+`)
	wrapped  = regexp.MustCompile(`\s*\[\]\}\]\s*$`)
)

// longestMessage of a resource that is shown, in bytes.
const longestMessage = 400

// Timeless strips a message of request ids and whatever else differs each time,
// and shortens it, so that the same failure reads the same every time.
func Timeless(message string) string {
	m := requestIDs.ReplaceAllString(message, "")
	m = encoded.ReplaceAllString(m, "")
	m = connections.ReplaceAllString(m, "->")
	m = sessions.ReplaceAllString(m, "aws-go-sdk")
	m = wrapped.ReplaceAllString(m, "")
	m = strings.TrimSpace(spaces.ReplaceAllString(m, " "))
	if len(m) > longestMessage {
		m = strings.ToValidUTF8(m[:longestMessage], "") + "…"
	}
	return m
}
