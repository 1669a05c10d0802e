package probe_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/probe"
	"github.com/ctxpush/ctxpush/conformance/sqltext"
	"github.com/ctxpush/ctxpush/mocksender"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const password = "p4ssw0rd-of-acme"

// listening is a server that does the same to every connection.
func listening(do func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(l.Close)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				do(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// postgresSaying is a PostgreSQL that refuses everybody.
func postgresSaying(code, message string) string {
	return listening(func(conn net.Conn) {
		for {
			head := make([]byte, 8)
			if _, err := io.ReadFull(conn, head); err != nil {
				return
			}
			if _, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint32(head))-8); err != nil {
				return
			}
			const wantsTLS = 80877103
			if binary.BigEndian.Uint32(head[4:]) == wantsTLS {
				_, _ = conn.Write([]byte("N"))
				continue
			}
			body := "SFATAL\x00C" + code + "\x00M" + message + "\x00\x00"
			_, _ = conn.Write(append(binary.BigEndian.AppendUint32([]byte("E"), uint32(len(body)+4)), body...))
			return
		}
	})
}

// mysqlSaying is a MySQL that refuses everybody.
func mysqlSaying(code uint16, message string) string {
	return listening(func(conn net.Conn) {
		body := append([]byte{0xff, byte(code), byte(code >> 8)}, "#08004"+message...)
		_, _ = conn.Write(append([]byte{byte(len(body)), 0, 0, 0}, body...))
	})
}

func sqlProber(driver sqltext.Dialect, dsn, query string, edit ...func(*config.Config)) probe.Prober {
	return database{driver: driver, dsn: dsn}.prober(GinkgoTB(), query, edit...)
}

var _ = Describe("The SQL probe in broken surroundings", func() {
	const query = "SELECT 'opened' AS delivery_status WHERE :user_id <> ''"
	ctx := context.Background()

	DescribeTable("says so without the password",
		func(driver sqltext.Dialect, dsn func() string, temporary bool, want string) {
			p := sqlProber(driver, dsn(), query)
			for _, keys := range [][]mocksender.Key{{message}, {message, onPhone}} {
				_, err := p.States(ctx, keys)
				var own *probe.Error
				Expect(err).To(BeAssignableToTypeOf(own))
				Expect(err.Error()).To(MatchRegexp(want))
				Expect(err.Error()).NotTo(ContainSubstring(password))
				Expect(err.Error()).NotTo(ContainSubstring("\n"))
				Expect(err.(*probe.Error).Temporary).To(Equal(temporary), err.Error())
			}
		},
		Entry("postgres refuses the connection", sqltext.Postgres, func() string { return "postgres://u:" + password + "@" + closedPort() + "/x" }, true, `^probe: postgres 127\.0\.0\.1:\d+/x: .*refused`),
		Entry("postgres starts", sqltext.Postgres, func() string {
			return "postgres://u:" + password + "@" + postgresSaying("57P03", "the database system is starting up") + "/x"
		}, true, `starting up`),
		Entry("postgres has no connection left", sqltext.Postgres, func() string {
			return "postgres://u:" + password + "@" + postgresSaying("53300", "too many") + "/x"
		}, true, `too many`),
		Entry("postgres closes the connection", sqltext.Postgres, func() string {
			return "postgres://u:" + password + "@" + listening(func(net.Conn) {}) + "/x"
		}, true, `probe: postgres`),
		Entry("postgres tells the password", sqltext.Postgres, func() string {
			return "postgres://u:" + password + "@" + postgresSaying("28P01", "wrong: "+password) + "/x"
		}, false, `wrong: \[secret\]`),
		Entry("postgres by words", sqltext.Postgres, func() string {
			host, port, _ := net.SplitHostPort(postgresSaying("28P01", "wrong: "+password))
			return "host=" + host + " port=" + port + " user=u password=" + password + " dbname=x"
		}, false, `wrong: \[secret\]`),
		Entry("mysql refuses the connection", sqltext.MySQL, func() string { return "u:" + password + "@tcp(" + closedPort() + ")/x" }, true, `^probe: mysql 127\.0\.0\.1:\d+/x: .*refused`),
		Entry("mysql has no connection left", sqltext.MySQL, func() string {
			return "mysql://u:" + password + "@" + mysqlSaying(1040, "Too many connections") + "/x"
		}, true, `Too many connections`),
		Entry("mysql tells the password", sqltext.MySQL, func() string {
			return "mysql://u:" + password + "@" + mysqlSaying(1045, "wrong: "+password) + "/x?timeout=3s"
		}, false, `wrong: \[secret\]`),
		Entry("mysql closes the connection", sqltext.MySQL, func() string { return "u:" + password + "@tcp(" + listening(func(net.Conn) {}) + ")/x" }, true, `probe: mysql`),
		Entry("sqlite has no file", sqltext.SQLite, func() string { return filepath.Join(GinkgoT().TempDir(), "none.db") }, true, `none\.db: .*unable to open database file`),
	)

	DescribeTable("refuses an address that is none, before anything starts",
		func(driver sqltext.Dialect, dsn, want string) {
			_, err := probe.New(config.Config{Probe: config.Probe{SQL: &config.SQLProbe{Driver: driver, DSN: config.Secret(dsn), Query: query}}}, nil, nil)
			Expect(err).To(MatchError(want))
			Expect(err).To(BeAssignableToTypeOf(&config.Error{}))
		},
		Entry(nil, sqltext.Postgres, "postgres://u:"+password+"@h:x/y", "probe.sql.dsn: is no address of a PostgreSQL database: want postgres://user:password@host:5432/name"),
		Entry(nil, sqltext.MySQL, "u:"+password+"@h:3306/y", "probe.sql.dsn: is no address of a MySQL database: want user:password@tcp(host:3306)/name or mysql://user:password@host:3306/name"),
		Entry(nil, sqltext.MySQL, "mysql://u:"+password+"@h:x/y", "probe.sql.dsn: is no address of a MySQL database: want user:password@tcp(host:3306)/name or mysql://user:password@host:3306/name"),
		Entry(nil, sqltext.SQLite, ":memory:", "probe.sql.dsn: is in the memory of another program: want a file such as data/receiver.db, relative to the file that names it, or file:data/receiver.db?…"),
	)

	for driver, sleep := range map[sqltext.Dialect]string{sqltext.Postgres: "SELECT 'opened' AS delivery_status FROM pg_sleep(20)", sqltext.MySQL: "SELECT 'opened' AS delivery_status, SLEEP(20)"} {
		It("gives up a question of "+string(driver)+" in time", func() {
			db := newDatabase(GinkgoTB(), driver)
			p := db.prober(GinkgoTB(), sleep+" WHERE :user_id <> ''", func(c *config.Config) { c.Timeout = 100 * time.Millisecond })
			_, err := p.States(ctx, []mocksender.Key{message, onPhone, message})
			Expect(err).To(MatchError(HaveSuffix("no answer within 100ms")))
			Expect(err.(*probe.Error).Temporary).To(BeTrue())
		})
	}

	It("compares as the query for one key does, whatever the columns' types", func() {
		db := newDatabase(GinkgoTB(), sqltext.Postgres)
		db.exec(GinkgoTB(), "CREATE TABLE typed (campaign_id uuid, user_id bigint, idempotency_key char(20), status text)",
			"INSERT INTO typed VALUES ('6BA7B810-9dad-11d1-80b4-00c04fd430c8', 42, 'k', 'opened')")
		p := db.prober(GinkgoTB(), "SELECT status AS delivery_status FROM typed"+byKey)
		for user, known := range map[string]bool{"42": true, "042": true, "43": false} {
			keys := []mocksender.Key{{CampaignID: "6ba7b810-9dad-11d1-80b4-00c04fd430c8", UserID: user, IdempotencyKey: "k"}}
			one, err := p.States(ctx, keys)
			Expect(err).NotTo(HaveOccurred())
			Expect(one[0] != nil).To(Equal(known), user)
			many, err := p.States(ctx, append(keys, keys[0]))
			Expect(err).NotTo(HaveOccurred())
			Expect(many).To(Equal([]*event.State{one[0], one[0]}))
		}
	})

	It("asks for each key alone where the database takes no query for many", func() {
		db := newDatabase(GinkgoTB(), sqltext.MySQL)
		db.exec(GinkgoTB(), "CREATE TABLE twice (campaign_id varchar(9), user_id varchar(9), idempotency_key varchar(9), status varchar(9))", "INSERT INTO twice VALUES ('c', 'u', 'k', 'opened')")
		p := db.prober(GinkgoTB(), "SELECT t.status, t.status AS delivery_status, t.user_id, s.user_id FROM twice t JOIN twice s USING (campaign_id) WHERE t.campaign_id = :campaign_id AND t.user_id = :user_id AND t.idempotency_key = :idempotency_key")
		for range 2 {
			got, err := p.States(ctx, []mocksender.Key{{CampaignID: "c", UserID: "u", IdempotencyKey: "k"}, {CampaignID: "c", UserID: "x", IdempotencyKey: "k"}})
			Expect(err).NotTo(HaveOccurred())
			Expect(got).To(Equal([]*event.State{{DeliveryStatus: mocksender.Opened}, nil}))
		}
	})

	It("reads what a killed receiver's SQLite has in its log", func() {
		db := newDatabase(GinkgoTB(), sqltext.SQLite)
		db.exec(GinkgoTB(), table[sqltext.SQLite]...)
		dir := GinkgoT().TempDir()
		for _, end := range []string{"", "-wal"} {
			data, err := os.ReadFile(db.dsn + end)
			Expect(err).NotTo(HaveOccurred())
			Expect(os.WriteFile(filepath.Join(dir, "states.db"+end), data, 0o600)).To(Succeed())
		}
		p := sqlProber(sqltext.SQLite, "file:states.db?_pragma=cache_size(100)", "SELECT status AS delivery_status FROM pings"+byKey, clicked, func(c *config.Config) { c.Dir = dir })
		Expect(ask(ctx, p, onPhone)).To(Equal([]*event.State{{DeliveryStatus: mocksender.Opened}}))
	})

	It("writes nothing to SQLite", func() {
		db := newDatabase(GinkgoTB(), sqltext.SQLite)
		db.exec(GinkgoTB(), table[sqltext.SQLite]...)
		_, err := ask(ctx, sqlProber(sqltext.SQLite, db.dsn, "WITH x AS (SELECT :user_id) INSERT INTO pings (n) VALUES (1)"), onPhone)
		Expect(err).To(MatchError(ContainSubstring("readonly")))
	})
})

// closedPort is an address at which nobody listens.
func closedPort() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	defer l.Close()
	return l.Addr().String()
}
