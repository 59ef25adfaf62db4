package results

import (
	"encoding/json"
	"math"
	"strconv"
)

// scanner reads the lines that this package writes, without reflection: a day's
// run has millions of them. It is strict, and gives up on whatever looks
// different (spaces, members it doesn't know, null): the line is then read by
// encoding/json, which decides what it is worth. So it need not be complete,
// only right, and a test holds it to encoding/json.
type scanner struct {
	b     []byte
	at    int
	ok    bool
	names map[string]string // one string for each name, however many lines hold it
}

// mostNames bounds the names kept: those of a run are few, a broken file's need
// not be.
const mostNames = 4096

func (s *scanner) start(line []byte) { s.b, s.at, s.ok = line, 0, true }

// ended tells whether the whole line was read.
func (s *scanner) ended() bool { return s.ok && s.at == len(s.b) }

func (s *scanner) fail() { s.ok = false }

// skip takes one byte if it is next.
func (s *scanner) skip(c byte) bool {
	if s.ok && s.at < len(s.b) && s.b[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) expect(c byte) {
	if !s.skip(c) {
		s.fail()
	}
}

// object calls member for each member, which reads its value. The key holds
// until then.
func (s *scanner) object(member func(key []byte)) {
	s.expect('{')
	if s.skip('}') {
		return
	}
	for s.ok {
		key := s.bytes()
		s.expect(':')
		if s.ok {
			member(key)
		}
		if s.skip('}') {
			return
		}
		s.expect(',')
	}
}

// bytes reads a string without escapes, of ASCII.
func (s *scanner) bytes() []byte {
	s.expect('"')
	if !s.ok {
		return nil
	}
	for i := s.at; i < len(s.b); i++ {
		switch c := s.b[i]; {
		case c == '"':
			text := s.b[s.at:i]
			s.at = i + 1
			return text
		case c == '\\' || c < ' ' || c >= 0x80:
			s.fail()
			return nil
		}
	}
	s.fail()
	return nil
}

// name reads a string of which a run has few.
func (s *scanner) name() string { return s.intern(s.bytes()) }

func (s *scanner) intern(b []byte) string {
	if text, ok := s.names[string(b)]; ok {
		return text
	}
	text := string(b)
	if s.names == nil || len(s.names) >= mostNames {
		s.names = map[string]string{}
	}
	s.names[text] = text
	return text
}

// text reads a string as it is, escapes included.
func (s *scanner) text() (text string) {
	if !s.ok || s.at >= len(s.b) || s.b[s.at] != '"' {
		s.fail()
		return ""
	}
	for i := s.at + 1; i < len(s.b); i++ {
		switch s.b[i] {
		case '\\':
			i++
		case '"':
			if json.Unmarshal(s.b[s.at:i+1], &text) != nil {
				s.fail()
			}
			s.at = i + 1
			return text
		}
	}
	s.fail()
	return ""
}

// int reads a whole number of up to 18 digits.
func (s *scanner) int() int64 {
	negative := s.skip('-')
	from := s.at
	n := s.digits()
	if s.at == from || s.at-from > 18 || s.at-from > 1 && s.b[from] == '0' || s.at < len(s.b) && isNumber(s.b[s.at]) {
		s.fail()
	}
	if negative {
		return -n
	}
	return n
}

// digits reads what digits there are; more than 18 overflow, and are refused by
// the caller.
func (s *scanner) digits() (n int64) {
	for s.ok && s.at < len(s.b) && s.b[s.at]-'0' <= 9 {
		n = n*10 + int64(s.b[s.at]-'0')
		s.at++
	}
	return n
}

func isNumber(c byte) bool { return c == '.' || c == 'e' || c == 'E' || c == '-' || c == '+' }

// float reads a number. Up to 15 digits with a point are the quotient of two
// whole numbers that a float64 holds exactly, and so rightly rounded (Clinger,
// How to read floating point numbers accurately, PLDI 1990); others take the
// long way.
func (s *scanner) float() float64 {
	begin := s.at
	negative := s.skip('-')
	from := s.at
	n := s.digits()
	whole := s.at - from
	if whole == 0 || whole > 1 && s.b[from] == '0' {
		s.fail()
		return 0
	}
	places := 0
	if s.skip('.') {
		at := s.at
		for s.at < len(s.b) && s.b[s.at]-'0' <= 9 {
			n = n*10 + int64(s.b[s.at]-'0')
			s.at++
		}
		if places = s.at - at; places == 0 {
			s.fail()
			return 0
		}
	}
	if whole+places > 15 || s.at < len(s.b) && isNumber(s.b[s.at]) {
		return s.longFloat(begin)
	}
	v := float64(n) / powersOfTen[places]
	if negative {
		v = math.Copysign(v, -1)
	}
	return v
}

var powersOfTen = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

func (s *scanner) longFloat(from int) float64 {
	for s.at < len(s.b) && (s.b[s.at]-'0' <= 9 || isNumber(s.b[s.at])) {
		s.at++
	}
	text := string(s.b[from:s.at])
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !json.Valid([]byte(text)) {
		s.fail()
	}
	return v
}
