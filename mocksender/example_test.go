package mocksender_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
)

// A handler is tested with a batch whose first acknowledgement gets lost: it
// must do no harm that the batch comes twice.
func Example() {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Println(r.Header.Get("X-ctx-secret"), string(body))
		w.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()

	batch, err := mocksender.NewBatch(mocksender.Event{
		DeviceToken:           "push_token",
		UserID:                "james",
		CampaignID:            "course",
		IdempotencyKey:        "k1",
		DeliveryStatus:        mocksender.Opened,
		DeliveryMethod:        mocksender.ContextAware,
		PlannedDeliveryMethod: mocksender.ContextAware,
		Timestamp:             time.Date(2025, 2, 7, 15, 20, 40, 599e6, time.UTC),
		Content:               []byte(`{"title":"It's time! 👑"}`),
	})
	if err != nil {
		log.Fatal(err)
	}
	sender := &mocksender.Sender{
		URL:     receiver.URL,
		Secret:  "shared",
		Backoff: mocksender.Backoff{Window: -1}, // retries follow at once
	}
	defer sender.Close()

	delivery := sender.Deliver(context.Background(), batch, mocksender.LostAck{})
	for _, attempt := range delivery.Attempts {
		fmt.Println(attempt.Number, attempt.Answer.Status, attempt.Err)
	}
	fmt.Println(delivery.Outcome)

	// Output:
	// shared [{"device_token":"push_token","user_id":"james","campaign_id":"course","idempotency_key":"k1","delivery_status":"opened","delivery_method":"context_aware","planned_delivery_method":"context_aware","timestamp":"2025-02-07T15:20:40.599Z","content":{"title":"It's time! 👑"}}]
	// shared [{"device_token":"push_token","user_id":"james","campaign_id":"course","idempotency_key":"k1","delivery_status":"opened","delivery_method":"context_aware","planned_delivery_method":"context_aware","timestamp":"2025-02-07T15:20:40.599Z","content":{"title":"It's time! 👑"}}]
	// 1 0 acknowledgement lost: connection cut on purpose
	// 2 204 <nil>
	// acknowledged
}

func ExampleBackoff_Waits() {
	for _, wait := range (mocksender.Backoff{}).Waits() {
		fmt.Println(wait.Round(10 * time.Millisecond))
	}

	// Output:
	// 7.04s
	// 14.08s
	// 28.15s
	// 56.3s
	// 1m52.61s
	// 3m45.22s
	// 7m30.44s
	// 15m0.88s
	// 30m1.76s
	// 1h0m3.52s
}
