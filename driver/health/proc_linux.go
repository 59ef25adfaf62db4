package health

import (
	"bytes"
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// proc reads /proc. Its files stay open and are read from the start each time,
// which makes the kernel write them anew.
type proc struct {
	statm, sockstat, sockstat6, ports *os.File
	fds                               *os.File // the directory, to count where the kernel doesn't
	pageSize                          int64
	buf                               [4096]byte
	calls                             int
	counted                           int
}

func (p *proc) open() {
	p.pageSize = int64(os.Getpagesize())
	p.statm = openOrNil("/proc/self/statm")
	p.sockstat = openOrNil("/proc/net/sockstat")
	p.sockstat6 = openOrNil("/proc/net/sockstat6")
	p.ports = openOrNil("/proc/sys/net/ipv4/ip_local_port_range")
	p.fds = openOrNil("/proc/self/fd")
}

func openOrNil(path string) *os.File {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	return f
}

func (p *proc) close() error {
	var errs []error
	for _, f := range []**os.File{&p.statm, &p.sockstat, &p.sockstat6, &p.ports, &p.fds} {
		if *f != nil {
			errs = append(errs, (*f).Close())
			*f = nil
		}
	}
	return errors.Join(errs...)
}

func (p *proc) sample(h *Health) {
	h.RSSBytes = field(p.read(p.statm), 1) * p.pageSize
	h.OpenFiles = p.openFiles()
	text := p.read(p.sockstat)
	h.TCPInUse, h.TCPTimeWait = after(text, "TCP:", "inuse"), after(text, "TCP:", "tw")
	h.TCPInUse += after(p.read(p.sockstat6), "TCP6:", "inuse")
	if ports := p.read(p.ports); len(ports) > 0 {
		h.PortRange = int(field(ports, 1)-field(ports, 0)) + 1
	}
	h.PortsHeadRoom = max(0, h.PortRange-h.TCPInUse-h.TCPTimeWait)
}

// read returns the whole text of a small file, until the next read.
func (p *proc) read(f *os.File) []byte {
	if f == nil {
		return nil
	}
	n, _ := f.ReadAt(p.buf[:], 0)
	return p.buf[:n]
}

// recount is after how many samples descriptors are counted again by listing
// them, which takes milliseconds when there are many.
const recount = 10

// openFiles returns the number of open descriptors. Since Linux 6.2 it is the
// size of the directory.
func (p *proc) openFiles() int {
	if p.fds == nil {
		return 0
	}
	var st unix.Stat_t
	if unix.Fstat(int(p.fds.Fd()), &st) == nil && st.Size > 0 {
		return int(st.Size)
	}
	if p.calls%recount == 0 {
		p.counted = p.list()
	}
	p.calls++
	return p.counted
}

func (p *proc) list() int {
	if _, err := p.fds.Seek(0, 0); err != nil {
		return 0
	}
	for total := 0; ; {
		names, err := p.fds.Readdirnames(512)
		total += len(names)
		if err != nil {
			return total
		}
	}
}

// field returns number i of a text of numbers, from 0; 0 if there is none.
func field(text []byte, i int) int64 {
	for f := range bytes.FieldsSeq(text) {
		if i == 0 {
			n, _ := strconv.ParseInt(string(f), 10, 64)
			return n
		}
		i--
	}
	return 0
}

// after returns the number that follows a word in the line that begins so.
func after(text []byte, line, word string) int {
	for l := range bytes.Lines(text) {
		if !bytes.HasPrefix(l, []byte(line)) {
			continue
		}
		hit := false
		for f := range bytes.FieldsSeq(l) {
			if hit {
				n, _ := strconv.Atoi(string(f))
				return n
			}
			hit = string(f) == word
		}
	}
	return 0
}
