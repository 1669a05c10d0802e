package probe_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/fixtures/designs"
	"github.com/ctxpush/ctxpush/mocksender"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// servers are started when the first spec asks for them.
var servers designs.Servers

var _ = AfterSuite(func() { Expect(servers.Close()).To(Succeed()) })

// database is a new, empty database and a connection that may write to it.
type database struct {
	*sql.DB
	driver sqltext.Dialect
	dsn    string
}

func newDatabase(t testing.TB, driver sqltext.Dialect) database {
	t.Helper()
	var dsn, name string
	var err error
	dir := t.TempDir()
	switch driver {
	case sqltext.Postgres:
		name = "pgx"
		dsn, err = servers.Postgres(context.Background(), dir)
	case sqltext.MySQL:
		name = "mysql"
		dsn, err = servers.MariaDB(context.Background(), dir)
	case sqltext.SQLite:
		name, dsn = "sqlite", filepath.Join(dir, "states #1.db")
	}
	if missing := (*designs.MissingError)(nil); errors.As(err, &missing) && os.Getenv("CTXPUSH_REQUIRE_DOCKER") != "1" {
		fmt.Fprintf(os.Stderr, "\n*** %s IS NOT TESTED: %v\n\n", driver, err)
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	own := dsn
	if driver == sqltext.SQLite {
		own = "file:" + strings.NewReplacer(" ", "%20", "#", "%23").Replace(dsn) + "?_pragma=journal_mode(wal)"
	}
	db, err := sql.Open(name, own)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return database{db, driver, dsn}
}

func (d database) exec(t testing.TB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := d.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func (d database) prober(t testing.TB, query string, edit ...func(*config.Config)) probe.Prober {
	t.Helper()
	cfg := config.Config{Secret: hush, Probe: config.Probe{SQL: &config.SQLProbe{Driver: d.driver, DSN: config.Secret(d.dsn), Query: query}}}
	for _, e := range edit {
		e(&cfg)
	}
	p, err := probe.New(cfg, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = probe.Close(p) })
	return p
}

const byKey = " WHERE campaign_id = :campaign_id AND user_id = :user_id AND idempotency_key = :idempotency_key"

// table has one row for each message, of types that receivers use.
var table = map[sqltext.Dialect][]string{
	sqltext.Postgres: {
		`CREATE TABLE pings (campaign_id text, user_id varchar(200), idempotency_key text, device_token text,
			status text, method text, planned text, at timestamptz, at_local timestamp, at_text text, content jsonb, raw bytea, n int, UNIQUE (campaign_id, user_id, idempotency_key, device_token))`,
		`INSERT INTO pings VALUES ('c&1', 'u 1', 'k👑', 'aa', 'clicked', 'traditional', 'context_aware', '2025-02-07T16:20:40.599+01:00', '2025-02-07 15:20:40.599', '2025-02-07T15:20:40.599Z', '{"n": 9007199254740993, "e": "👑"}', '{"a":1}', 3)`,
	},
	sqltext.MySQL: {
		`CREATE TABLE pings (campaign_id varchar(200), user_id varchar(200), idempotency_key varchar(200), device_token varchar(200),
			status varchar(20), method varchar(20), planned enum('context_aware', 'traditional'), at timestamp(3), at_local datetime(3), at_text varchar(40), content json, raw longblob, n int) COLLATE utf8mb4_bin`,
		`SET time_zone = '+00:00'`,
		`INSERT INTO pings VALUES ('c&1', 'u 1', 'k👑', 'aa', 'clicked', 'traditional', 'context_aware', '2025-02-07 15:20:40.599', '2025-02-07 15:20:40.599', '2025-02-07T15:20:40.599Z', '{"n": 9007199254740993, "e": "👑"}', '{"a":1}', 3)`,
	},
	sqltext.SQLite: {
		`CREATE TABLE pings (campaign_id text, user_id text, idempotency_key text, device_token text,
			status text, method text, planned text, at datetime, at_local text, at_text text, content text, raw blob, n int)`,
		`INSERT INTO pings VALUES ('c&1', 'u 1', 'k👑', 'aa', 'clicked', 'traditional', 'context_aware', '2025-02-07 15:20:40.599 +0000 UTC', '2025-02-07 15:20:40.599', '2025-02-07T15:20:40.599Z', '{"n": 9007199254740993, "e": "👑"}', '{"a":1}', 3)`,
	},
}

func clicked(c *config.Config) {
	c.Statuses = map[string]mocksender.DeliveryStatus{"clicked": mocksender.Opened, "3": mocksender.Delivered, "true": mocksender.Opened}
}

// asked are the states of the message, of an unknown one and of the message
// again: once for each alone, and once for all of them, which may take another
// way through the database.
func asked(ctx context.Context, p probe.Prober, key mocksender.Key) (*event.State, error) {
	alone, errAlone := ask(ctx, p, key)
	other := key
	other.UserID += "x"
	many, errMany := p.States(ctx, []mocksender.Key{key, other, key})
	if errAlone != nil || errMany != nil {
		Expect(fmt.Sprint(errMany)).To(Equal(fmt.Sprint(errAlone)), "one way and the other")
		return nil, errAlone
	}
	Expect(many).To(Equal([]*event.State{alone[0], nil, alone[0]}), "one way and the other")
	return alone[0], nil
}

var _ = Describe("The SQL probe", func() {
	for _, driver := range sqltext.Dialects {
		Describe("of "+string(driver), func() {
			var db database
			ctx := context.Background()
			BeforeEach(func() {
				db = newDatabase(GinkgoTB(), driver)
				db.exec(GinkgoTB(), table[driver]...)
			})

			It("reads all columns, whatever their types", func() {
				want := &event.State{
					DeliveryStatus: mocksender.Opened, DeliveryMethod: mocksender.Traditional, PlannedDeliveryMethod: mocksender.ContextAware,
					Timestamp: "2025-02-07T15:20:40.599Z",
				}
				for _, at := range []string{"at", "at_local", "at_text"} {
					p := db.prober(GinkgoTB(), "SELECT n, status AS Delivery_Status, method AS delivery_method, planned AS planned_delivery_method, "+at+" AS timestamp, content, 'x' AS other FROM pings"+byKey+"; -- it", clicked)
					got, err := asked(ctx, p, onPhone)
					Expect(err).NotTo(HaveOccurred())
					Expect(state.SameJSON(got.Content, json.RawMessage(`{"e":"👑","n":9007199254740993}`))).To(BeTrue(), string(got.Content))
					got.Content = nil
					Expect(got).To(Equal(want), at)
				}
				got, err := asked(ctx, db.prober(GinkgoTB(), "SELECT n AS delivery_status, raw AS content FROM pings"+byKey, clicked), onPhone)
				Expect(err).NotTo(HaveOccurred())
				Expect(got).To(Equal(&event.State{DeliveryStatus: mocksender.Delivered, Content: json.RawMessage(`{"a":1}`)}))
			})

			It("takes what is NULL for not told, and a row of NULLs for not known", func() {
				got, err := asked(ctx, db.prober(GinkgoTB(), "SELECT status AS delivery_status, NULL AS delivery_method, NULL AS timestamp, NULL AS content FROM pings"+byKey, clicked), onPhone)
				Expect(err).NotTo(HaveOccurred())
				Expect(got).To(Equal(&event.State{DeliveryStatus: mocksender.Opened}))
				states, err := db.prober(GinkgoTB(), "SELECT max(status) AS delivery_status, max(method) AS delivery_method FROM pings"+byKey, clicked).
					States(ctx, []mocksender.Key{message, {CampaignID: "no"}})
				Expect(err).NotTo(HaveOccurred())
				Expect(states).To(Equal([]*event.State{{DeliveryStatus: mocksender.Opened, DeliveryMethod: mocksender.Traditional}, nil}))
			})

			It("gives the device as NULL where none is asked for", func() {
				p := db.prober(GinkgoTB(), "SELECT status AS delivery_status FROM pings"+byKey+" AND (:device_token IS NULL OR device_token = :device_token)", clicked)
				for key, known := range map[mocksender.Key]bool{message: true, onPhone: true, {CampaignID: "c&1", UserID: "u 1", IdempotencyKey: "k👑", DeviceToken: "bb"}: false} {
					got, err := asked(ctx, p, key)
					Expect(err).NotTo(HaveOccurred())
					Expect(got != nil).To(Equal(known), key.DeviceToken)
				}
			})

			It("finds keys of whatever letters, and no others", func() {
				p := db.prober(GinkgoTB(), "SELECT 'opened' AS delivery_status, campaign_id AS delivery_method FROM pings"+byKey)
				ids := []string{`a'b`, `a"b`, `a\b`, `a\'b`, "a`b", "A'B", "a;b", ":user_id", "$1", "?", "--", "/*", "👑", "é", "e\u0301", "a\nb", strings.Repeat("x", 150)}
				var keys []mocksender.Key
				var want []*event.State
				for _, id := range ids {
					insert := map[sqltext.Dialect]string{sqltext.Postgres: "INSERT INTO pings (campaign_id, user_id, idempotency_key) VALUES ($1, $2, $3)"}[driver]
					if insert == "" {
						insert = "INSERT INTO pings (campaign_id, user_id, idempotency_key) VALUES (?, ?, ?)"
					}
					_, err := db.Exec(insert, id, id+"-u", id+"-k")
					Expect(err).NotTo(HaveOccurred())
					keys = append(keys, mocksender.Key{CampaignID: id, UserID: id + "-u", IdempotencyKey: id + "-k"}, mocksender.Key{CampaignID: id, UserID: id, IdempotencyKey: id + "-k"})
					want = append(want, &event.State{DeliveryStatus: mocksender.Opened, DeliveryMethod: mocksender.DeliveryMethod(id)}, nil)
				}
				Expect(p.States(ctx, keys)).To(Equal(want))
			})

			DescribeTable("says what is wrong with an answer",
				func(query, want string) {
					db.exec(GinkgoTB(), "INSERT INTO pings (campaign_id, user_id, idempotency_key, device_token, status) SELECT campaign_id, 'twice', idempotency_key, device_token, status FROM pings",
						"INSERT INTO pings (campaign_id, user_id, idempotency_key, device_token, status) SELECT campaign_id, user_id, idempotency_key, 'bb', status FROM pings WHERE user_id = 'twice'")
					key := onPhone
					if strings.Contains(want, "several rows") {
						key.UserID = "twice"
					}
					_, err := asked(ctx, db.prober(GinkgoTB(), query, clicked), key)
					Expect(err).To(BeAssignableToTypeOf(&probe.Error{}))
					Expect(err).To(MatchError(MatchRegexp(`^probe: (postgres|mysql|sqlite) \S.*: ` + want)))
					Expect(err.(*probe.Error).Temporary).To(BeFalse())
				},
				Entry(nil, "SELECT status AS delivery_status FROM pings"+byKey, `found several rows for one message: want one, or none for a message that is not known; probe\.sql\.query can order them and LIMIT 1$`),
				Entry(nil, "SELECT status, method FROM pings"+byKey, `finds no column delivery_status but status, method: want one, such as SELECT status AS delivery_status$`),
				Entry(nil, "SELECT method AS delivery_status FROM pings"+byKey, `delivery_status is "traditional": want one of pending, delivered, opened, cancelled, failed; map the receiver's word under statuses: \(it has 3, clicked, true\)$`),
				Entry(nil, "SELECT NULL AS delivery_status, 1 AS one FROM pings"+byKey, `delivery_status is NULL: want one of `),
				Entry(nil, "SELECT '' AS delivery_status FROM pings"+byKey, `delivery_status is empty: want one of `),
				Entry(nil, "SELECT status AS delivery_status, 'soon' AS timestamp FROM pings"+byKey, `timestamp is "soon": want RFC 3339 with an offset, .*probe\.sql\.query can rewrite or delete it$`),
				Entry(nil, "SELECT status AS delivery_status, 'x' AS content FROM pings"+byKey, `the column content is x: want JSON$`),
				Entry(nil, "SELECT statsu AS delivery_status FROM pings"+byKey, `.*statsu`),
				Entry(nil, "SELECT status AS delivery_status FROM pushs"+byKey, `.*pushs`),
				Entry(nil, "SELECT status AS delivery_status, status AS delivery_status FROM pings"+byKey, `finds two columns delivery_status: want one$`),
			)

			It("reads ten thousand states", func() {
				keys, want := fill(GinkgoTB(), db, 10_000)
				began := time.Now()
				got, err := db.prober(GinkgoTB(), "SELECT status AS delivery_status, method AS delivery_method FROM many"+byKey).States(ctx, keys)
				GinkgoWriter.Println(driver, "read 10,000 states in", time.Since(began))
				Expect(err).NotTo(HaveOccurred())
				Expect(slices.EqualFunc(got, want, func(a, b *event.State) bool {
					return (a == nil) == (b == nil) && (a == nil || a.DeliveryStatus == b.DeliveryStatus && a.DeliveryMethod == b.DeliveryMethod)
				})).To(BeTrue())
			})

			It("ends with its context, and answers no more once closed", func() {
				p := db.prober(GinkgoTB(), "SELECT status AS delivery_status FROM pings"+byKey, clicked)
				done, cancel := context.WithCancel(ctx)
				cancel()
				_, err := p.States(done, []mocksender.Key{onPhone, message})
				Expect(err).To(MatchError(context.Canceled))
				Expect(probe.Close(p)).To(Succeed())
				_, err = ask(ctx, p, onPhone)
				Expect(err).To(MatchError(ContainSubstring("the probe is closed")))
				Expect(probe.Close(p)).To(Succeed())
			})

			It("reads nothing of no keys", func() {
				states, err := db.prober(GinkgoTB(), "SELECT status AS delivery_status FROM pings"+byKey).States(ctx, nil)
				Expect(err).NotTo(HaveOccurred())
				Expect(states).To(BeEmpty())
			})
		})
	}
})

// fill makes the table many, with a state for the first of each two keys.
func fill(t testing.TB, db database, n int) (keys []mocksender.Key, want []*event.State) {
	t.Helper()
	db.exec(t, "CREATE TABLE many (campaign_id varchar(60), user_id varchar(60), idempotency_key varchar(60), status varchar(20), method varchar(20), PRIMARY KEY (campaign_id, user_id, idempotency_key))")
	var values []string
	for i := range n {
		key := mocksender.Key{CampaignID: fmt.Sprintf("c%d", i%10), UserID: fmt.Sprintf("user-%d", i), IdempotencyKey: fmt.Sprintf("key-%d", i)}
		keys = append(keys, key)
		if i%2 == 1 {
			want = append(want, nil)
			continue
		}
		s := &event.State{DeliveryStatus: mocksender.Statuses[i%len(mocksender.Statuses)], DeliveryMethod: mocksender.Traditional}
		want = append(want, s)
		values = append(values, fmt.Sprintf("('%s', '%s', '%s', '%s', '%s')", key.CampaignID, key.UserID, key.IdempotencyKey, s.DeliveryStatus, s.DeliveryMethod))
	}
	for part := range slices.Chunk(values, 1000) {
		db.exec(t, "INSERT INTO many VALUES "+strings.Join(part, ", "))
	}
	return keys, want
}
