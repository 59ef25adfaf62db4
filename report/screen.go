package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/vbauerster/mpb/v8"
)

// Escape sequences (ECMA-48): cursor up n lines, erase to the end of the line,
// erase to the end of the screen.
const (
	cursorUp  = "\x1b[%dA"
	eraseLine = "\x1b[K"
	eraseDown = "\x1b[J"
)

// messageQueue is how many messages wait for the next frame.
const messageQueue = 256

// screen is the terminal below the bars: it draws each frame over the one
// before, in a single write, so that nothing flickers and no half frame is
// seen. Unlike mpb's own it takes messages without waiting for the terminal,
// asks for the size at every frame and knows how many lines the last frame takes
// after the window became narrower.
type screen struct {
	w             io.Writer
	width, height func() int

	rows  bytes.Buffer // the frame in the making; only mpb's goroutine has it
	drawn []int        // columns of the lines of the frame on the screen
	at    int          // columns of the terminal at this frame

	mu       sync.Mutex
	messages []string
	lost     int
}

var _ mpb.ConsoleWriter = (*screen)(nil)

func (s *screen) IsTerminal() bool { return true }

// GetTermSize leaves the last line to the cursor, and the last column free:
// some terminals wrap as soon as it is written.
func (s *screen) GetTermSize() (int, int, error) {
	s.at = ask(s.width, defaultWidth)
	return s.room(), max(ask(s.height, defaultHeight)-1, 1), nil
}

// room is the columns that a line of this frame may take.
func (s *screen) room() int { return max(s.at-1, 1) }

func ask(f func() int, fallback int) int {
	if f != nil {
		if n := f(); n > 0 {
			return n
		}
	}
	return fallback
}

func (s *screen) Write(b []byte) (int, error)         { return s.rows.Write(b) }
func (s *screen) ReadFrom(r io.Reader) (int64, error) { return s.rows.ReadFrom(r) }
func (s *screen) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.messages) == messageQueue {
		s.lost++
		return
	}
	s.messages = append(s.messages, text)
}

// heard takes the messages that wait.
func (s *screen) heard() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages
	if s.lost > 0 {
		m = append(m, "("+plural(int64(s.lost), "message", "messages")+" not shown: the terminal stood still)")
	}
	s.messages, s.lost = nil, 0
	return m
}

// Flush draws the rows written since the last frame. The number of lines that
// mpb counts isn't needed.
func (s *screen) Flush(int) error {
	frame := strings.SplitAfter(s.rows.String(), "\n")
	s.rows.Reset()
	var out strings.Builder
	out.WriteByte('\r')
	if up := s.standing(); up > 0 {
		fmt.Fprintf(&out, cursorUp, up)
	}
	for _, m := range s.heard() {
		out.WriteString(m + eraseLine + "\n")
	}
	s.drawn = s.drawn[:0]
	for _, l := range frame {
		if l = strings.TrimSuffix(l, "\n"); l != "" {
			s.drawn = append(s.drawn, columns(escapes.ReplaceAllString(l, "")))
			out.WriteString(l + eraseLine + "\n")
		}
	}
	out.WriteString(eraseDown)
	_, err := io.WriteString(s.w, out.String())
	return err
}

// standing is how many lines of the terminal the last frame takes now: lines
// that became too long were broken by the terminal.
func (s *screen) standing() int {
	n := 0
	for _, w := range s.drawn {
		n += max((w+s.at-1)/s.at, 1)
	}
	return n
}
