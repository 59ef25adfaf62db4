package simulator

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// Ids are sealed tickets: one AES block that says which slot, which of its
// tenants, what for and when. Whoever lacks the key can neither read nor make
// one, and the server finds the session without a search.

// tokenKind says what a ticket is for.
type tokenKind uint8

const (
	kindOctane tokenKind = iota + 1
	kindOctaneCSRF
	kindALM
	kindALMApp
	kindALMXSRF
	kindSpaceSSO
	kindSpaceNode
	kindLRE
	kindLREAdmin
	kindLRESession
	kindAcme
	kindAcmePre
	kindAcmeForm
)

// form is how a ticket is written down.
type form uint8

const (
	formLWSSO  form = iota // 208 bytes, URL-safe Base64, "." for padding
	formHex                // 64 lower-case hex digits
	formBase64             // 44 characters of Base64 with padding
	formPlain              // 43 characters of URL-safe Base64
)

var (
	dotBase64  = base64.URLEncoding.WithPadding('.')
	starBase64 = base64.StdEncoding.WithPadding('*')
)

const (
	ticketMark = 0xA5
	lwssoBytes = 208
	lwssoChars = 280
)

// ticket is an id in clear. Issued is in microseconds since the server began.
type ticket struct {
	ref
	kind   tokenKind
	issued int64
}

// sealer makes and reads ids. Safe for concurrent use.
type sealer struct {
	block cipher.Block
	salt  uint64
}

func newSealer(seed uint64) (*sealer, error) {
	source := rand.New(rand.NewPCG(seed, 0x73657373696f6e73))
	key := make([]byte, 32)
	for i := 0; i < len(key); i += 8 {
		binary.LittleEndian.PutUint64(key[i:], source.Uint64())
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return &sealer{block: block, salt: source.Uint64()}, nil
}

// scratch is the working memory of one exchange for ids; on the heap once,
// since a cipher behind an interface lets its arguments escape.
type scratch struct {
	plain, sealed [aes.BlockSize]byte
	raw           [lwssoBytes]byte
	text          [lwssoChars + 160]byte
}

// seal writes the ticket's block into w.sealed.
func (s *sealer) seal(w *scratch, t ticket) {
	binary.LittleEndian.PutUint32(w.plain[0:], t.index)
	binary.LittleEndian.PutUint32(w.plain[4:], t.serial)
	binary.LittleEndian.PutUint64(w.plain[8:], uint64(t.issued)<<16)
	w.plain[8] = ticketMark
	w.plain[9] = byte(t.kind)
	s.block.Encrypt(w.sealed[:], w.plain[:])
}

// unseal reads the block in w.sealed; false when the server did not make it.
func (s *sealer) unseal(w *scratch) (ticket, bool) {
	s.block.Decrypt(w.plain[:], w.sealed[:])
	t := ticket{kind: tokenKind(w.plain[9])}
	t.index = binary.LittleEndian.Uint32(w.plain[0:])
	t.serial = binary.LittleEndian.Uint32(w.plain[4:])
	t.issued = int64(binary.LittleEndian.Uint64(w.plain[8:]) >> 16)
	return t, w.plain[8] == ticketMark
}

// fill stretches the block in w.sealed to n bytes of w.raw: a genuine id is
// checked whole, so that no character of it may change.
func (s *sealer) fill(w *scratch, n int) []byte {
	copy(w.raw[:], w.sealed[:])
	x := s.salt ^ binary.LittleEndian.Uint64(w.sealed[0:]) ^ binary.LittleEndian.Uint64(w.sealed[8:])*0x9e3779b97f4a7c15
	for i := aes.BlockSize; i < n; i += 8 {
		x += 0x9e3779b97f4a7c15
		binary.LittleEndian.PutUint64(w.raw[i:], mix(x))
	}
	return w.raw[:n]
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// appendToken writes a new id.
func (s *sealer) appendToken(dst []byte, w *scratch, f form, t ticket) []byte {
	s.seal(w, t)
	return s.appendSealed(dst, w, f)
}

// appendSealed writes the id of the block in w.sealed.
func (s *sealer) appendSealed(dst []byte, w *scratch, f form) []byte {
	switch f {
	case formLWSSO:
		return dotBase64.AppendEncode(dst, s.fill(w, lwssoBytes))
	case formHex:
		return hex.AppendEncode(dst, s.fill(w, 32))
	case formBase64:
		return base64.StdEncoding.AppendEncode(dst, s.fill(w, 32))
	default:
		return base64.RawURLEncoding.AppendEncode(dst, s.fill(w, 32))
	}
}

// readToken reads an id and checks every character of it.
func (x *exchange) readToken(f form, kind tokenKind, value []byte) (ticket, bool) {
	s, w := x.srv.sealer, &x.scratch
	if !headOf(w, f, value) {
		return ticket{}, false
	}
	t, ok := s.unseal(w)
	if !ok || t.kind != kind {
		return ticket{}, false
	}
	whole := bytes.Equal(s.appendSealed(w.text[:0], w, f), value)
	return t, x.holds(tokenGenuine, whole)
}

// headOf decodes the block an id begins with into w.sealed.
func headOf(w *scratch, f form, value []byte) bool {
	head, encoding := 24, base64.RawURLEncoding
	switch f {
	case formLWSSO:
		if len(value) != lwssoChars {
			return false
		}
	case formHex:
		if len(value) != 64 {
			return false
		}
		_, err := hex.Decode(w.sealed[:], value[:32])
		return err == nil
	case formBase64:
		if len(value) != 44 {
			return false
		}
		encoding = base64.RawStdEncoding
	default:
		if len(value) != 43 {
			return false
		}
	}
	if _, err := encoding.Decode(w.raw[:], value[:head]); err != nil {
		return false
	}
	copy(w.sealed[:], w.raw[:])
	return true
}

// appendLetters writes n characters of the alphabet, chosen by the ticket:
// ids that authenticate nobody.
func (s *sealer) appendLetters(dst []byte, w *scratch, alphabet string, n int, t ticket) []byte {
	s.seal(w, t)
	for _, b := range s.fill(w, (n+7)&^7)[:n] {
		dst = append(dst, alphabet[int(b)%len(alphabet)])
	}
	return dst
}
