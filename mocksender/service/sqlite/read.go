package sqlite

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/mocksender"
	"github.com/ctxpush/ctxpush/mocksender/service"
)

// scanner is a row.
type scanner interface{ Scan(...any) error }

// found is a row's value; nil where there is no row.
func found[T any](value *T, err error) (*T, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return value, nil
}

func decode(data string, value any) error { return json.Unmarshal([]byte(data), value) }

func message(row scanner) (*service.Message, error) {
	var m service.Message
	var content, data string
	err := row.Scan(&content, &data)
	if err == nil {
		err = decode(data, &m)
	}
	m.Content = json.RawMessage(content)
	return found(&m, err)
}

func delivery(row scanner) (*service.Delivery, error) {
	var d service.Delivery
	var body, data string
	err := row.Scan(&body, &data)
	if err == nil {
		err = decode(data, &d)
	}
	d.Body = json.RawMessage(body)
	return found(&d, err)
}

func (s *store) Settings() (*service.Settings, error) {
	var data string
	var settings service.Settings
	err := s.db.QueryRow("SELECT data FROM settings").Scan(&data)
	if err == nil {
		err = decode(data, &settings)
	}
	return found(&settings, err)
}

func (s *store) Message(id uint64) (*service.Message, error) { return message(s.byID.QueryRow(id)) }

func (s *store) Find(k mocksender.Key) (*service.Message, error) {
	return message(s.byKey.QueryRow(k.IdempotencyKey, k.UserID, k.CampaignID))
}

func (s *store) Delivery(id uint64) (*service.Delivery, error) {
	return delivery(s.deliveryByID.QueryRow(id))
}

func (s *store) Devices(user string) (devices []service.Device, ok bool, err error) {
	if !s.users.Load() {
		return nil, false, nil
	}
	var data string
	err = s.byUser.QueryRow(user).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err == nil {
		err = decode(data, &devices)
	}
	return devices, err == nil, err
}

// clauses are the conditions of a query.
type clauses struct {
	text []string
	args []any
}

func (c *clauses) add(text string, args ...any) {
	c.text = append(c.text, text)
	c.args = append(c.args, args...)
}

func (c *clauses) where() string {
	if len(c.text) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.text, " AND ")
}

func conditions(q service.Query) *clauses {
	c := &clauses{}
	for _, f := range []struct{ column, value string }{
		{"status", string(q.Status)}, {"campaign_id", q.CampaignID},
		{"user_id", q.UserID}, {"idempotency_key", q.IdempotencyKey},
	} {
		if f.value != "" {
			c.add(f.column+" = ?", f.value)
		}
	}
	if t := q.Text; t != "" {
		// Only where the text is in the data at all is it worth a look at the devices.
		quoted, _ := encode(t) // a string always has a JSON form
		c.add(`(instr(user_id, ?) OR instr(campaign_id, ?) OR instr(idempotency_key, ?) OR instr(data, ?) AND EXISTS
			(SELECT 1 FROM json_each(data, '$.devices') WHERE instr(value ->> '$.device_token', ?)))`,
			t, t, t, quoted[1:len(quoted)-1], t)
	}
	return c
}

func (s *store) Messages(q service.Query) ([]*service.Message, error) {
	c := conditions(q)
	if q.Before > 0 {
		c.add("id < ?", q.Before)
	}
	limit := q.Limit
	if limit == 0 {
		limit = -1
	}
	if err := s.seek(&q, c); err != nil {
		return nil, err
	}
	rows, err := s.db.Query("SELECT content, data FROM messages"+c.where()+" ORDER BY id DESC LIMIT ? OFFSET ?",
		append(c.args, limit, q.Offset)...)
	return all(rows, err, message)
}

// seek goes to the offset by the ids where that is the same: where no id is
// missing and all messages are asked for. A row a million behind is then as near
// as the first.
func (s *store) seek(q *service.Query, c *clauses) error {
	if q.Offset == 0 || len(c.text) > 0 {
		return nil
	}
	var last sql.NullInt64
	var n int64
	if err := s.db.QueryRow("SELECT (SELECT max(id) FROM messages), count(*) FROM messages").Scan(&last, &n); err != nil {
		return err
	}
	if n > 0 && last.Int64 == n {
		c.add("id <= ?", n-int64(q.Offset))
		q.Offset = 0
	}
	return nil
}

// all are the rows' values.
func all[T any](rows *sql.Rows, err error, read func(scanner) (*T, error)) ([]*T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var values []*T
	for rows.Next() {
		v, err := read(rows)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, rows.Err()
}

func (s *store) Count(q service.Query) (n int, err error) {
	c := conditions(q)
	err = s.db.QueryRow("SELECT count(*) FROM messages"+c.where(), c.args...).Scan(&n)
	return n, err
}

func (s *store) Deliveries(q service.DeliveryQuery) ([]*service.Delivery, error) {
	c := &clauses{}
	if q.Outcome != "" {
		c.add("outcome = ?", q.Outcome)
	}
	if q.Before > 0 {
		c.add("id < ?", q.Before)
	}
	if q.Message > 0 {
		c.add(`id IN (SELECT d.value FROM messages, json_each(data, '$.history') h, json_each(h.value, '$.deliveries') d
			WHERE messages.id = ?)`, q.Message)
	}
	limit := q.Limit
	if limit == 0 {
		limit = -1
	}
	rows, err := s.db.Query("SELECT body, data FROM deliveries"+c.where()+" ORDER BY id DESC LIMIT ?",
		append(c.args, limit)...)
	return all(rows, err, delivery)
}

func (s *store) Unfinished(u service.Unfinished) error {
	steps, err := s.db.Query("SELECT id, next FROM messages WHERE next IS NOT NULL ORDER BY id")
	if err != nil {
		return err
	}
	defer steps.Close()
	for steps.Next() {
		var id uint64
		var next int64
		if err := steps.Scan(&id, &next); err != nil {
			return err
		}
		u.Step(id, time.Unix(0, next).UTC())
	}
	if err := steps.Err(); err != nil {
		return err
	}
	queued, err := s.db.Query("SELECT content, data FROM messages WHERE waiting IS NOT NULL ORDER BY id")
	if _, err := all(queued, err, func(row scanner) (*service.Message, error) {
		m, err := message(row)
		if err == nil {
			u.Queued(m)
		}
		return nil, err
	}); err != nil {
		return err
	}
	waiting, err := s.db.Query("SELECT body, data FROM deliveries WHERE outcome = 'waiting' ORDER BY id")
	_, err = all(waiting, err, func(row scanner) (*service.Delivery, error) {
		d, err := delivery(row)
		if err == nil {
			u.Delivery(d)
		}
		return nil, err
	})
	return err
}
