package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	collector_v1 "go.opentelemetry.io/proto/slim/otlp/collector/metrics/v1"
)

// OTLP says where metrics are exported to, as protobuf over HTTP. The zero value
// of every field but Endpoint is usable.
type OTLP struct {
	Endpoint *url.URL
	Headers  map[string]string // may hold secrets; never printed
	// Timeout bounds one attempt to send; 0: 10 s.
	Timeout time.Duration
	// Interval lies between two exports; 0: 10 s.
	Interval time.Duration
	Gzip     bool
	// Resource holds attributes of the resource beside those that the run sets.
	Resource map[string]string
	// Transport carries the requests; nil: one of its own.
	Transport http.RoundTripper
}

// String is the endpoint without what may be secret.
func (o *OTLP) String() string {
	return o.Endpoint.Scheme + "://" + o.Endpoint.Host + o.Endpoint.Path
}

const (
	usualTimeout  = 10 * time.Second
	usualInterval = 10 * time.Second
	// longestFlush bounds the last export, for which the user waits.
	longestFlush = 5 * time.Second
	firstPause   = 500 * time.Millisecond
	longestPause = 5 * time.Second
	mostOfAnswer = 64 << 10
)

// Exporter exports the sums of a meter again and again. What fails is reported
// once, and costs nothing but the export: every one carries all sums.
type Exporter struct {
	config OTLP
	meter  *Meter
	client *http.Client
	report func(string)
	cancel context.CancelFunc
	done   chan struct{}

	// Of the goroutine, and of Finish after it.
	failed   bool // the last export
	last     bool // what is sent now is the last
	reported bool
}

// Start begins to export in a goroutine of its own. report is told in a line the
// first failure; it must not block for long.
func (o OTLP) Start(m *Meter, report func(string)) *Exporter {
	if o.Timeout <= 0 {
		o.Timeout = usualTimeout
	}
	if o.Interval <= 0 {
		o.Interval = usualInterval
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &Exporter{config: o, meter: m, report: report, cancel: cancel, done: make(chan struct{}),
		client: &http.Client{Transport: o.Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // headers are for the endpoint alone
		}}}
	go func() {
		defer close(e.done)
		tick := time.NewTicker(o.Interval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				e.export(ctx, o.Interval)
			case <-ctx.Done():
				return
			}
		}
	}()
	return e
}

// Finish ends the exports with a last one, of the final sums. It takes at most 5
// seconds, 1 where the one before failed, and ends with ctx; a receiver that
// can't be reached is not tried again.
func (e *Exporter) Finish(ctx context.Context) {
	e.cancel()
	<-e.done
	e.last = true
	within := longestFlush
	if e.failed {
		within = time.Second
	}
	e.export(ctx, within)
	e.client.CloseIdleConnections()
}

// export sends the sums as they are, again where the receiver asks for it, but
// no longer than the given time.
func (e *Exporter) export(ctx context.Context, within time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := e.sendAgain(ctx)
	if errors.Is(err, context.Canceled) {
		return // the run ends: Finish sends everything once more
	}
	e.failed = err != nil
	if err != nil && !e.reported {
		e.reported = true
		e.report(fmt.Sprintf("metrics could not be exported to %s: %v; the run goes on, this is said once", &e.config, err))
	}
}

func (e *Exporter) sendAgain(ctx context.Context) error {
	r := e.meter.read()
	if r.start.IsZero() {
		return nil // the run has not begun
	}
	body, err := e.body(r)
	if err != nil {
		return err
	}
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := e.send(ctx, body)
		later := new(laterError)
		if err == nil || !errors.As(err, &later) || e.last && later.unreached {
			return err
		}
		wait := pause/2 + rand.N(pause) // apart from others who were refused
		if later.after > 0 {
			wait = later.after
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return err
		}
	}
}

func (e *Exporter) body(r *reading) ([]byte, error) {
	b, err := proto.Marshal(message(r, e.config.Resource, e.meter.version))
	if err != nil || !e.config.Gzip {
		return b, err
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err = zip.Write(b)
	err = errors.Join(err, zip.Close())
	return packed.Bytes(), err
}

// laterError is a failure after which sending again may help.
type laterError struct {
	text      string
	after     time.Duration // as the receiver asked; 0: it said nothing
	unreached bool          // there was no answer at all
}

func (e *laterError) Error() string { return e.text }

func (e *Exporter) send(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, e.config.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.config.Endpoint.String(), bytes.NewReader(body))
	if err != nil {
		return errors.New("the endpoint is no URL to send to")
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	request.Header.Set("User-Agent", "authsoak/"+e.meter.version)
	if e.config.Gzip {
		request.Header.Set("Content-Encoding", "gzip")
	}
	for name, value := range e.config.Headers {
		request.Header.Set(name, value)
	}
	response, err := e.client.Do(request)
	if err != nil {
		var where *url.Error
		if errors.As(err, &where) {
			err = where.Err // the URL may hold a secret
		}
		if errors.Is(err, context.Canceled) {
			return err
		}
		return &laterError{text: err.Error(), unreached: true}
	}
	defer func() { _ = response.Body.Close() }()
	answer, _ := io.ReadAll(io.LimitReader(response.Body, mostOfAnswer))
	return judge(response, answer)
}

// judge tells what an answer means (OTLP specification, OTLP/HTTP response).
func judge(response *http.Response, answer []byte) error {
	answered := strings.TrimSpace(fmt.Sprintf("the receiver answered %d %s", response.StatusCode, http.StatusText(response.StatusCode)))
	switch code := response.StatusCode; {
	case code/100 == 2:
		got := &collector_v1.ExportMetricsServiceResponse{}
		if strings.HasPrefix(response.Header.Get("Content-Type"), "application/x-protobuf") && proto.Unmarshal(answer, got) == nil {
			if n := got.GetPartialSuccess().GetRejectedDataPoints(); n > 0 {
				return fmt.Errorf("%d points were refused", n)
			}
		}
		return nil
	case code == http.StatusTooManyRequests, code == http.StatusBadGateway, code == http.StatusServiceUnavailable, code == http.StatusGatewayTimeout:
		return &laterError{text: answered, after: retryAfter(response.Header.Get("Retry-After"))}
	}
	return errors.New(answered)
}

// retryAfter reads the field of that name (RFC 9110, 10.2.3); 0: nothing is said.
func retryAfter(text string) time.Duration {
	if sec, err := strconv.Atoi(text); err == nil {
		return time.Duration(min(max(sec, 0), 3600)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
