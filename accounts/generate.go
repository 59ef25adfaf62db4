package accounts

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Generated is accounts made from a pattern. It costs no memory an account.
type Generated struct {
	first, count int
	user, secret pattern
}

// pattern is text with the account's number put in between its parts.
type pattern struct {
	parts  []string // the number stands between each two
	widths []int    // of each number, filled up with zeros; 0: as it is
}

// maxGenerated bounds the number of generated accounts, so that an index and an
// account's number both fit 31 bits.
const maxGenerated = 1 << 30

// columns that a generated account has, and which pattern fills each.
var generatedColumns = []string{User, Password, ClientID, ClientSecret}

// Generate reads a pattern USER:SECRET:COUNT, such as user{n}:pw{n}:1000000. The
// first part gives the columns user and client_id, the second password and
// client_secret. {n} is the account's number, from 1 to COUNT; {n:06} the same,
// filled up with zeros to 6 digits. COUNT may be a range of numbers, 1001-2000.
// USER ends at the first colon that stands in no braces and COUNT begins after
// the last, so that only SECRET may hold colons.
func Generate(spec string) (*Generated, error) {
	user, secret, count, ok := cutPattern(spec)
	if !ok {
		return nil, errors.New("accounts pattern: want USER:SECRET:COUNT, as in 'user{n}:pw{n}:1000'")
	}
	g := &Generated{}
	var errs [3]error
	g.user, errs[0] = parsePattern("user", user)
	g.secret, errs[1] = parsePattern("secret", secret)
	g.first, g.count, errs[2] = parseRange(count)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if g.count > 1 && len(g.user.widths) == 0 {
		return nil, errors.New("accounts pattern: user part: holds no {n}, so all accounts would be the same one")
	}
	return g, nil
}

// CutPattern returns the parts of a pattern that are no secret.
func CutPattern(spec string) (user, count string, ok bool) {
	user, _, count, ok = cutPattern(spec)
	return user, count, ok
}

func cutPattern(spec string) (user, secret, count string, ok bool) {
	user, rest, ok := cutOutsideBraces(spec)
	last := strings.LastIndexByte(rest, ':')
	if !ok || last < 0 || strings.HasSuffix(rest, "}") {
		return "", "", "", false
	}
	return user, rest[:last], rest[last+1:], true
}

// cutOutsideBraces cuts at the first colon that stands in no braces.
func cutOutsideBraces(s string) (before, after string, found bool) {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			depth = max(0, depth-1)
		case ':':
			if depth == 0 {
				return s[:i], s[i+1:], true
			}
		}
	}
	return s, "", false
}

func parsePattern(part, text string) (pattern, error) {
	var p pattern
	if text == "" {
		return p, fmt.Errorf("accounts pattern: %s part: is empty", part)
	}
	for {
		i := strings.Index(text, "{n")
		if i < 0 {
			p.parts = append(p.parts, text)
			return p, nil
		}
		width, length, ok := parsePlace(text[i:])
		if !ok {
			return p, fmt.Errorf("accounts pattern: %s part: a place for the number is {n} or, with zeros up to 6 digits, {n:06}", part)
		}
		p.parts = append(p.parts, text[:i])
		p.widths = append(p.widths, width)
		text = text[i+length:]
	}
}

// parsePlace reads {n} or {n:0W} at the beginning of text, W up to 20.
func parsePlace(text string) (width, length int, ok bool) {
	if strings.HasPrefix(text, "{n}") {
		return 0, 3, true
	}
	end := strings.IndexByte(text, '}')
	if end < 0 || !strings.HasPrefix(text, "{n:0") {
		return 0, 0, false
	}
	width, err := strconv.Atoi(text[len("{n:0"):end])
	return width, end + 1, err == nil && width > 0 && width <= 20
}

func parseRange(text string) (first, count int, err error) {
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		from, to = "1", text
	}
	a, errA := strconv.ParseUint(from, 10, 31)
	b, errB := strconv.ParseUint(to, 10, 31)
	switch {
	case errA != nil || errB != nil:
		return 0, 0, errors.New("accounts pattern: after the last colon: want a count such as 1000 or a range such as 1001-2000")
	case b < a:
		return 0, 0, errors.New("accounts pattern: after the last colon: must give at least one account")
	case b-a >= maxGenerated:
		return 0, 0, fmt.Errorf("accounts pattern: after the last colon: at most %d accounts", maxGenerated)
	}
	return int(a), int(b-a) + 1, nil
}

// Columns returns user, password, client_id and client_secret.
func (g *Generated) Columns() []string { return generatedColumns }

// Count returns the number of accounts.
func (g *Generated) Count() int { return g.count }

// Fields implements [Source]. The values lie in dst.
func (g *Generated) Fields(i int, columns []int, dst *Scratch) [][]byte {
	fields := dst.reset(len(columns))
	number := int64(g.first + i)
	for n, c := range columns {
		if c < 0 {
			fields[n] = nil
			continue
		}
		p := &g.user
		if c%2 == 1 {
			p = &g.secret
		}
		from := len(dst.bytes)
		dst.bytes = p.append(dst.bytes, number)
		fields[n] = dst.bytes[from:len(dst.bytes):len(dst.bytes)]
	}
	return fields
}

func (p *pattern) append(to []byte, number int64) []byte {
	for i, part := range p.parts {
		to = append(to, part...)
		if i == len(p.widths) {
			break
		}
		for digits := decimalDigits(number); digits < p.widths[i]; digits++ {
			to = append(to, '0')
		}
		to = strconv.AppendInt(to, number, 10)
	}
	return to
}

func decimalDigits(n int64) int {
	digits := 1
	for ; n >= 10; n /= 10 {
		digits++
	}
	return digits
}

// Format prints how many accounts there are, never their pattern.
func (g *Generated) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "[%d generated accounts]", g.count)
}
