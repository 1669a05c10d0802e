package mocksender_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/ctxpush/ctxpush/mocksender"
)

// entry is an entry as the contract's type has it, read by encoding/json.
type entry struct {
	DeviceToken           *string         `json:"device_token"`
	UserID                string          `json:"user_id"`
	CampaignID            string          `json:"campaign_id"`
	IdempotencyKey        string          `json:"idempotency_key"`
	DeliveryStatus        string          `json:"delivery_status"`
	DeliveryMethod        string          `json:"delivery_method"`
	PlannedDeliveryMethod string          `json:"planned_delivery_method"`
	Timestamp             string          `json:"timestamp"`
	Content               json.RawMessage `json:"content"`
}

// seen is a string as it arrives: each byte that is not UTF-8 is U+FFFD.
func seen(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}

// checkRoundTrip encodes the entries and reads them again by encoding/json.
func checkRoundTrip(t interface{ Fatalf(string, ...any) }, events []mocksender.Event) {
	body := mocksender.AppendEvents([]byte("kept"), events)
	if !bytes.HasPrefix(body, []byte("kept")) {
		t.Fatalf("what was in dst is gone: %q", body)
	}
	body = body[len("kept"):]
	if !json.Valid(body) || !utf8.Valid(body) {
		t.Fatalf("not valid JSON in UTF-8: %q", body)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var got []entry
	if err := d.Decode(&got); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if len(got) != len(events) {
		t.Fatalf("%d entries, want %d", len(got), len(events))
	}
	for i, e := range events {
		want := entry{
			UserID: seen(e.UserID), CampaignID: seen(e.CampaignID), IdempotencyKey: seen(e.IdempotencyKey),
			DeliveryStatus: seen(string(e.DeliveryStatus)), DeliveryMethod: seen(string(e.DeliveryMethod)),
			PlannedDeliveryMethod: seen(string(e.PlannedDeliveryMethod)),
			Timestamp:             e.Timestamp.UTC().Truncate(time.Millisecond).Format(mocksender.TimestampLayout),
			Content:               e.Content,
		}
		if e.DeviceToken != "" {
			token := seen(e.DeviceToken)
			want.DeviceToken = &token
		}
		if len(e.Content) == 0 {
			want.Content = json.RawMessage(`{}`)
		}
		if !reflect.DeepEqual(got[i], want) {
			t.Fatalf("entry %d:\n got %+v\nwant %+v", i, got[i], want)
		}
	}
}

// anyString draws strings of all kinds, also such that are no UTF-8.
func anyString() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[\x00-\x7f]*`),
		rapid.StringOf(rapid.SampledFrom([]rune("\u2028\u2029\ufffd\"\\/<>&\b\f\n\r\t\x00\x1f\x7f👑é"))),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
}

func anyEvent(t *rapid.T) mocksender.Event {
	content, err := json.Marshal(map[string]string{anyString().Draw(t, "name"): anyString().Draw(t, "value")})
	if err != nil {
		t.Fatal(err)
	}
	return mocksender.Event{
		DeviceToken: anyString().Draw(t, "token"), UserID: anyString().Draw(t, "user"),
		CampaignID: anyString().Draw(t, "campaign"), IdempotencyKey: anyString().Draw(t, "key"),
		DeliveryStatus:        mocksender.DeliveryStatus(anyString().Draw(t, "status")),
		DeliveryMethod:        mocksender.DeliveryMethod(anyString().Draw(t, "method")),
		PlannedDeliveryMethod: mocksender.DeliveryMethod(anyString().Draw(t, "planned")),
		Timestamp:             time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "time")).In(time.FixedZone("", rapid.IntRange(-43200, 43200).Draw(t, "zone"))),
		Content:               content,
	}
}

func TestEncodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkRoundTrip(t, rapid.SliceOfN(rapid.Custom(anyEvent), 0, 5).Draw(t, "events"))
	})
}

func FuzzEncode(f *testing.F) {
	f.Add("token", "user", "campaign", "key", int64(1738941640599), `{"a":[null,1.5]}`)
	f.Add("", "\xff\xc0\x80", "\u2028\x00\x1f", `"\`, int64(0), `{}`)
	f.Add("\xed\xa0\x80", "👑", "<>&", "\b\f\n\r\t\x7f", int64(253402300799999), ` {"":""} `)
	f.Fuzz(func(t *testing.T, token, user, campaign, key string, ms int64, content string) {
		if ms < 0 || ms > 253402300799999 || !json.Valid([]byte(content)) || content != strings.TrimSpace(content) || !utf8.ValidString(content) {
			t.Skip()
		}
		checkRoundTrip(t, []mocksender.Event{{
			DeviceToken: token, UserID: user, CampaignID: campaign, IdempotencyKey: key,
			DeliveryStatus: mocksender.Opened, DeliveryMethod: mocksender.Traditional, PlannedDeliveryMethod: mocksender.Traditional,
			Timestamp: time.UnixMilli(ms), Content: json.RawMessage(content),
		}})
	})
}

// The page's example, byte for byte but for the white space.
func TestEncodeExample(t *testing.T) {
	got := string(mocksender.AppendEvents(nil, []mocksender.Event{{
		DeviceToken: "push_token", UserID: "your_user_id", CampaignID: "your_campaign_id", IdempotencyKey: "idempotency_key",
		DeliveryStatus: mocksender.Opened, DeliveryMethod: mocksender.ContextAware, PlannedDeliveryMethod: mocksender.ContextAware,
		Timestamp: time.Date(2025, 2, 7, 16, 20, 40, 599999999, time.FixedZone("CET", 3600)),
		Content:   json.RawMessage(`{"title":"James, it's time for your English course! 👑","body":"Start your English course now!"}`),
	}}))
	want := `[{"device_token":"push_token","user_id":"your_user_id","campaign_id":"your_campaign_id","idempotency_key":"idempotency_key",` +
		`"delivery_status":"opened","delivery_method":"context_aware","planned_delivery_method":"context_aware","timestamp":"2025-02-07T15:20:40.599Z",` +
		`"content":{"title":"James, it's time for your English course! 👑","body":"Start your English course now!"}}]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEncodeDoesNotAllocate(t *testing.T) {
	events := batch(mocksender.MaxBatch).Events()
	dst := mocksender.AppendEvents(nil, events)
	if n := testing.AllocsPerRun(100, func() { dst = mocksender.AppendEvents(dst[:0], events) }); n != 0 {
		t.Errorf("%v allocations a batch, want 0", n)
	}
}

func BenchmarkEncode(b *testing.B) {
	events := batch(mocksender.MaxBatch).Events()
	dst := mocksender.AppendEvents(nil, events)
	b.SetBytes(int64(len(dst)))
	b.ReportAllocs()
	for b.Loop() {
		dst = mocksender.AppendEvents(dst[:0], events)
	}
	b.ReportMetric(float64(b.N*len(events))/b.Elapsed().Seconds(), "events/s")
}

// The key is what encoding/json makes of it, and so what it reads.
func TestAppendKeyIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := mocksender.Key{CampaignID: rapid.String().Draw(t, "campaign"), UserID: rapid.String().Draw(t, "user"),
			IdempotencyKey: rapid.String().Draw(t, "message"), DeviceToken: rapid.String().Draw(t, "device")}
		var got mocksender.Key
		d := json.NewDecoder(bytes.NewReader(mocksender.AppendKey(nil, &k)))
		d.DisallowUnknownFields()
		if err := d.Decode(&got); err != nil || got != k {
			t.Fatalf("%+v became %+v, error %v", k, got, err)
		}
	})
	if text := string(mocksender.AppendKey(nil, &mocksender.Key{UserID: "u"})); strings.Contains(text, "device_token") {
		t.Errorf("%s has a device", text)
	}
}

func TestTimestampIsInItsLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-1e11, 5e11).Draw(t, "second"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanosecond"))
		got := string(mocksender.AppendTimestamp(nil, at.In(time.FixedZone("", 5400))))
		if want := at.UTC().Format(mocksender.TimestampLayout); got != want {
			t.Fatalf("%v: got %s, want %s", at, got, want)
		}
	})
}
