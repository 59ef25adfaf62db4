package http1_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"authsoak/driver/http1"
)

// forger is a server's side of TLS 1.2 with AES-128-GCM that writes whatever record
// it is told: crypto/tls sends no alert by itself but the last one.
type forger struct {
	seal cipher.AEAD
	iv   []byte
	next uint64 // the next record's number
}

const (
	alertRecord = 21
	handshake   = 22
	application = 23
)

// newForger derives the server's keys (RFC 5246, section 6.3): keylog is what a
// tls.Config told, flight what the server has sent, all of the handshake.
func newForger(t *testing.T, keylog string, flight []byte) *forger {
	t.Helper()
	fields := strings.Fields(keylog) // CLIENT_RANDOM, the client's random, the master secret
	if len(fields) != 3 {
		t.Fatalf("no keys in %q", keylog)
	}
	clientRandom, _ := hex.DecodeString(fields[1])
	master, _ := hex.DecodeString(fields[2])
	const random = 5 + 4 + 2 // after the heads of record and message, and the version
	seed := append([]byte("key expansion"), flight[random:random+32]...)
	keys := expand(master, append(seed, clientRandom...), 2*16+2*4)
	block, err := aes.NewCipher(keys[16:32])
	if err != nil {
		t.Fatal(err)
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return &forger{seal: seal, iv: keys[36:40], next: 1} // Finished was number 0
}

// expand is P_SHA256 of RFC 5246, section 5.
func expand(secret, seed []byte, n int) (out []byte) {
	mac := func(parts ...[]byte) []byte {
		h := hmac.New(sha256.New, secret)
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	for a := mac(seed); len(out) < n; a = mac(a) {
		out = append(out, mac(a, seed)...)
	}
	return out[:n]
}

// record seals a record (RFC 5288, section 3).
func (f *forger) record(kind byte, data string) []byte {
	number := binary.BigEndian.AppendUint64(nil, f.next)
	f.next++
	about := append(bytes.Clone(number), kind, 3, 3, byte(len(data)>>8), byte(len(data)))
	sealed := f.seal.Seal(bytes.Clone(number), append(bytes.Clone(f.iv), number...), []byte(data), about)
	return append([]byte{kind, 3, 3, byte(len(sealed) >> 8), byte(len(sealed))}, sealed...)
}

// scripted is a transport that gives what it is told from some moment on, a piece a
// read, and keeps what it gave before.
type scripted struct {
	net.Conn
	flight []byte
	pieces [][]byte
}

func (s *scripted) Read(p []byte) (int, error) {
	if len(s.pieces) == 0 {
		n, err := s.Conn.Read(p)
		s.flight = append(s.flight, p[:max(n, 0)]...)
		return n, err
	}
	n := copy(p, s.pieces[0])
	if s.pieces[0] = s.pieces[0][n:]; len(s.pieces[0]) == 0 {
		s.pieces = s.pieces[1:]
	}
	return n, nil
}

// TestTLSReadsAhead: crypto/tls that has handed an answer over reads an alert that
// came with it; a warning it drops, and reads on, so that it may hold what nobody
// has asked for although its last read ended one record and no more.
func TestTLSReadsAhead(t *testing.T) {
	const warning, unasked = "\x01\x5a", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!" // user_canceled
	type record struct {
		kind byte
		data string
	}
	answer := record{application, honest}
	for _, tc := range []struct {
		name   string
		pieces [][]record // one a read of the transport
		want   string
	}{
		{"nothing", [][]record{{answer}}, `200 "ok"`},
		{"an empty record before", [][]record{{{application, ""}, answer}}, `200 "ok"`},
		{"an empty record after", [][]record{{answer, {application, ""}}}, `200 "ok"`},
		{"a warning before", [][]record{{{alertRecord, warning}}, {answer}}, `200 "ok"`},
		{"a warning and data, together", [][]record{{answer, {alertRecord, warning}, {application, unasked}}}, `200 "ok" close`},
		{"a warning, then data", [][]record{{answer, {alertRecord, warning}}, {{application, unasked}}}, `200 "ok" close`},
		{"two warnings, then data", [][]record{{answer, {alertRecord, warning}}, {{alertRecord, warning}}, {{application, unasked}}}, `200 "ok" close`},
		{"a warning, then an end", [][]record{{answer, {alertRecord, warning}}, {{alertRecord, "\x01\x00"}}}, `200 "ok" close`},
		{"an end", [][]record{{answer, {alertRecord, "\x01\x00"}}}, `200 "ok" close`},
		{"a wish to shake hands again", [][]record{{answer, {handshake, "\x00\x00\x00\x00"}}}, `200 "ok" close`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server, client := tlsConfigs(t)
			var keylog strings.Builder
			client.KeyLogWriter = &keylog
			client.MaxVersion = tls.VersionTLS12
			client.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
			raw := loopback(t, func(c net.Conn) {
				defer c.Close()
				if awaitRequest(tls.Server(c, server)) {
					io.Copy(io.Discard, c)
				}
			})
			raw.SetDeadline(time.Now().Add(time.Minute)) // a read too many ends
			script := &scripted{Conn: raw}
			secure := tls.Client(http1.NewGuard(script), client)
			if err := secure.Handshake(); err != nil {
				t.Fatal(err)
			}
			f := newForger(t, keylog.String(), script.flight)
			for _, records := range tc.pieces {
				var piece []byte
				for _, r := range records {
					piece = append(piece, f.record(r.kind, r.data)...)
				}
				script.pieces = append(script.pieces, piece)
			}
			if got := outcomeOf(http1.New(secure), request(false)); got != tc.want {
				t.Errorf("Do() got %s, want %s", got, tc.want)
			}
		})
	}
}
