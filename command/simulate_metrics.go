package command

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/urfave/cli/v2"

	"authsoak/report/telemetry"
	"authsoak/simulator"
)

// ownMetrics are what a simulator tells of itself, as the server of a product
// would: its process, the Go runtime, and how many sessions it holds.
func ownMetrics(server *simulator.Server) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewGoCollector(),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "simulator_sessions", Help: "Live sessions of all products."},
			func() float64 { return float64(server.Stats().Live) }),
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// metricsPage serves the simulator's own metrics, where --metrics says.
type metricsPage struct {
	server *http.Server
	ended  chan error
	url    string
	wide   bool
}

// openMetrics opens the page; nil: nobody asked for one.
func openMetrics(c *cli.Context, server *simulator.Server) (*metricsPage, error) {
	if !c.IsSet("metrics") {
		return nil, nil
	}
	address, wide, err := telemetry.Address(c.String("metrics"))
	if err != nil {
		return nil, wrongUse(c, fmt.Errorf("--metrics: %w", err))
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, wrongUse(c, fmt.Errorf("--metrics: %w: choose another port", err))
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", ownMetrics(server))
	m := &metricsPage{server: &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}, ended: make(chan error, 1),
		url: "http://" + listener.Addr().String() + "/metrics", wide: wide}
	go func() { m.ended <- m.server.Serve(listener) }()
	return m, nil
}

// address is the URL of the page; empty: there is none.
func (m *metricsPage) address() string {
	if m == nil {
		return ""
	}
	return m.url
}

// warn tells of a page that other machines can read.
func (m *metricsPage) warn(w io.Writer) {
	if m != nil && m.wide {
		fmt.Fprintln(w, "warning: other machines can read the metrics page, which asks for no password")
	}
}

func (m *metricsPage) close() error {
	if m == nil {
		return nil
	}
	err := m.server.Close()
	if ended := <-m.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
