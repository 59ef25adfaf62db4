package command

import (
	"fmt"
	"net"

	"github.com/urfave/cli/v2"

	"authsoak/report"
	"authsoak/report/page"
	"authsoak/report/watch"
	"authsoak/results"
)

func watchFlags() []cli.Flag {
	return []cli.Flag{
		text(resultFlags, "ui", "`ADDR` show the run in a browser while it goes on: 127.0.0.1:7070; beyond this machine a token is asked for"),
	}
}

// browser is the live page of a run, if one was asked for; nil: none was.
type browser struct {
	server *watch.Server
	stop   chan struct{} // closed when the page's button was pressed
	over   chan struct{}
}

// pageListener opens the address of the live page, so that a wrong one is told before
// there is a run folder; nil: no page was asked for.
func pageListener(c *cli.Context) (net.Listener, error) {
	addr := c.String("ui")
	if addr == "" {
		return nil, nil
	}
	l, err := watch.Listen(addr)
	if err != nil {
		return nil, wrongUse(c, fmt.Errorf("--ui: %w", err))
	}
	return l, nil
}

// watch serves the live page and tells where it is.
func (p *program) watch(l net.Listener, folder *results.Folder, live report.Live) *browser {
	if l == nil {
		return nil
	}
	b := &browser{stop: make(chan struct{}), over: make(chan struct{})}
	b.server = watch.New(watch.Options{Listener: l, Folder: folder, Stop: func() {
		close(b.stop)
		live.Message("stopping, as the live page asked: logging out every live session")
	}})
	fmt.Fprintf(p.Err, "live page   %s\n\n", b.server.URL())
	return b
}

// observe tells the page besides whoever else is told.
func (b *browser) observe(other func(results.Snapshot)) func(results.Snapshot) {
	if b == nil {
		return other
	}
	return func(s results.Snapshot) {
		other(s)
		b.server.Update(s)
	}
}

// stopOr is closed by the page's button, or when stop is.
func (b *browser) stopOr(stop <-chan struct{}) <-chan struct{} {
	if b == nil {
		return stop
	}
	either := make(chan struct{})
	go func() {
		defer close(either)
		select {
		case <-stop:
		case <-b.stop:
		case <-b.over: // the run is, and nobody listens
		}
	}()
	return either
}

// finish shows the run's report as the last page; nil: there is none.
func (b *browser) finish(story *page.Story) {
	if b == nil {
		return
	}
	if story != nil {
		_ = b.server.Finish(story) // the run is none the worse
	}
	b.close()
}

// close ends the page, however the run ended. A second call does nothing.
func (b *browser) close() {
	if b == nil {
		return
	}
	select {
	case <-b.over:
	default:
		close(b.over)
	}
	_ = b.server.Close()
}
