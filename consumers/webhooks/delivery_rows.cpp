#include "consumers/webhooks/delivery_rows.h"

#include <array>

namespace godwit::webhooks {
namespace {

// What the dispatcher knows is newer than what has been folded back, and the fold knows what other instances
// did.
constexpr const char* joined = R"(
SELECT seq, id, endpoint, kind, subject, event_source, event_id, event_type, event_ms, vm_name, provider,
       status, tries, CASE WHEN status = 'retrying' THEN next_ms END, status_code, error, updated_ms FROM (
  SELECT d.seq, d.id, d.endpoint, d.kind, d.subject, d.event_source, d.event_id, d.event_type, d.event_ms, d.vm_name,
         d.provider,
         CASE WHEN w.again IS NOT NULL AND w.state = 0 THEN 'retrying'
              WHEN w.again IS NOT NULL AND w.state = 1 THEN 'sending'
              WHEN o.standing = 2 OR w.state = 3 THEN 'succeeded'
              WHEN o.standing = 1 OR w.state = 2 THEN 'exhausted'
              WHEN w.state = 1 THEN 'sending'
              WHEN COALESCE(w.tries, o.tries, 0) > 0 THEN 'retrying'
              ELSE 'pending' END AS status,
         MAX(COALESCE(w.tries, 0), COALESCE(o.tries, 0)) AS tries,
         COALESCE(w.due_ms, o.next_try_ms) AS next_ms,
         CASE WHEN w.tries >= COALESCE(o.tries, 0) THEN w.status_code ELSE o.status_code END AS status_code,
         CASE WHEN w.tries >= COALESCE(o.tries, 0) THEN w.error ELSE o.error END AS error,
         COALESCE(w.updated_ms, o.at_ms) AS updated_ms
  FROM delivery d LEFT JOIN outcome o ON o.delivery_id = d.id LEFT JOIN work w ON w.seq = d.seq
  WHERE )";

DeliveryRow row_of(const sqlite::Statement& rows) {
  DeliveryRow row{.seq = rows.integer(0),
                  .id = std::string{rows.text(1)},
                  .endpoint = std::string{rows.text(2)},
                  .kind = std::string{rows.text(3)},
                  .subject = std::string{rows.text(4)},
                  .event_source = std::string{rows.text(5)},
                  .event_id = std::string{rows.text(6)},
                  .event_type = std::string{rows.text(7)},
                  .event_ms = rows.integer(8),
                  .vm_name = std::string{rows.text(9)},
                  .provider = std::string{rows.text(10)},
                  .status = std::string{rows.text(11)},
                  .tries = rows.integer(12)};
  row.next_try_ms = rows.maybe_integer(13);
  row.status_code = rows.maybe_integer(14);
  row.error = rows.maybe_text(15);
  row.updated_ms = rows.maybe_integer(16);
  return row;
}

std::optional<std::string> rfc3339(const std::optional<std::int64_t>& ms) {
  return ms ? std::optional{format_rfc3339(from_unix_ms(*ms))} : std::nullopt;
}

std::string_view outcome_word(const std::optional<std::int64_t>& standing) {
  if (!standing) return "unknown";
  constexpr std::array<std::string_view, 3> words{"failed", "exhausted", "succeeded"};
  return *standing >= 0 && *standing < 3 ? words.at(static_cast<std::size_t>(*standing)) : "unknown";
}

void write_attempts(json::Writer& out, sqlite::Database& db, std::int64_t seq) {
  auto rows = db.prepare(
      "SELECT try_number, started_ms, latency_ms, standing, status_code, error_code, error, next_try_ms, "
      "answer_head, request_head "
      "FROM attempt WHERE seq = ? ORDER BY try_number");
  rows.bind(seq);
  out.key("attempts").begin_array();
  while (rows.step()) {
    out.begin_object()
        .member("try_number", rows.integer(0))
        .member("outcome", outcome_word(rows.maybe_integer(3)));
    out.member("started_at", format_rfc3339(from_unix_ms(rows.integer(1))))
        .member("latency_ms", rows.integer(2));
    out.member("status_code", rows.maybe_integer(4))
        .member("error_code", rows.maybe_text(5))
        .member("error", rows.maybe_text(6));
    out.member("next_try_at", rfc3339(rows.maybe_integer(7))).member("answer", std::string{rows.text(8)});
    out.member_raw("request_headers", rows.text(9)).end_object();
  }
  out.end_array();
}

}  // namespace

void read_deliveries(sqlite::Database& db, const DeliveryFilter& filter, std::vector<DeliveryRow>& out) {
  // The status is computed, so it is asked of the joined rows; the rest decides which rows are joined at all.
  auto rows = db.prepare(
      std::string{joined} +
      "(d.event_ms, d.id) < (?1, ?2) AND (?3 IS NULL OR d.endpoint = ?3) AND (?4 IS NULL OR d.subject = ?4) "
      "AND (?7 IS NULL OR d.event_ms >= ?7) AND (?8 IS NULL OR d.event_ms < ?8)) "
      "WHERE ?5 IS NULL OR status = ?5 ORDER BY event_ms DESC, id DESC LIMIT ?6");
  rows.bind(filter.before_ms, filter.before_id, filter.endpoint, filter.task_id, filter.status,
            filter.limit + 1, filter.from_ms, filter.to_ms);
  while (rows.step()) out.push_back(row_of(rows));
}

void begin_delivery(json::Writer& out, const DeliveryRow& row) {
  out.begin_object().member("delivery_id", row.id).member("endpoint", row.endpoint).member("type", row.kind);
  out.member("status", row.status).member("task_id", row.subject).member("vm_name", row.vm_name);
  out.member("provider", row.provider)
      .member("event_id", row.event_id)
      .member("event_source", row.event_source);
  out.member("event_type", row.event_type).member("event_time", format_rfc3339(from_unix_ms(row.event_ms)));
  out.member("tries", row.tries)
      .member("next_try_at", rfc3339(row.next_try_ms))
      .member("status_code", row.status_code);
  out.member("error", row.error).member("updated_at", rfc3339(row.updated_ms));
}

std::optional<std::string> read_delivery_json(sqlite::Database& db, const std::string& delivery_id) {
  auto rows = db.prepare(std::string{joined} + "d.id = ?)");
  if (!rows.bind(delivery_id).step()) return std::nullopt;
  const DeliveryRow row = row_of(rows);
  auto body = db.prepare("SELECT body FROM delivery WHERE seq = ?");
  body.bind(row.seq).step();
  json::Writer out;
  begin_delivery(out, row);
  out.member_raw("payload", body.text(0));
  write_attempts(out, db, row.seq);
  out.end_object();
  return out.take();
}

Result<AskedAgain> ask_again(const std::string& path, const AskAgain& what, Timestamp now) {
  auto db = sqlite::Database::open(path, sqlite::OpenMode::read_write, {.cache_kibibytes = 1024});
  if (!db) return transient_error(db.error().message);
  try {
    sqlite::Transaction transaction{*db};
    auto retired = db->prepare("SELECT 1 FROM meta WHERE name = 'retired'");
    if (retired.step()) return transient_error("the partition is being replaced by a rebuild");
    // Those chosen, in a table of their own, so that both statements speak of the same.
    db->exec("CREATE TEMP TABLE chosen (seq INTEGER PRIMARY KEY)");
    auto choose = db->prepare(
        "INSERT INTO chosen SELECT d.seq FROM delivery d LEFT JOIN outcome o ON o.delivery_id = d.id "
        "LEFT JOIN work w ON w.seq = d.seq "
        "WHERE CASE WHEN ?1 IS NOT NULL THEN d.id = ?1 ELSE d.endpoint = ?2 AND d.event_ms >= ?3 AND "
        "d.event_ms < ?4 AND (NOT ?5 OR w.state = 2 OR (w.seq IS NULL AND o.standing = 1)) END LIMIT ?6");
    choose.run(what.delivery_id, what.endpoint, what.from_ms, what.to_ms, what.only_exhausted,
               what.deliveries_max);
    AskedAgain out{.found = db->changes()};
    auto again = db->prepare(
        "UPDATE work SET state = 0, due_ms = ?1, again = tries, updated_ms = ?1 "
        "WHERE seq IN (SELECT seq FROM chosen) AND state <> 1");
    again.run(to_unix_ms(now));
    out.asked = db->changes();
    // What was settled elsewhere has never been work here.
    auto take = db->prepare(
        "INSERT INTO work(seq, endpoint, subject, state, due_ms, tries, updated_ms, again) "
        "SELECT d.seq, d.endpoint, d.subject, 0, ?1, COALESCE(o.tries, 0), ?1, COALESCE(o.tries, 0) "
        "FROM delivery d JOIN chosen c ON c.seq = d.seq LEFT JOIN outcome o ON o.delivery_id = d.id "
        "WHERE d.seq <= (SELECT seq FROM taken) AND d.seq NOT IN (SELECT seq FROM work)");
    take.run(to_unix_ms(now));
    out.asked += db->changes();
    transaction.commit();
    return out;
  } catch (const sqlite::StoreFailure& failure) {
    return transient_error(failure.what());
  }
}

void read_figures(sqlite::Database& db, std::map<std::string, EndpointFigures>& out) {
  auto owed = db.prepare(
      "SELECT endpoint, COUNT(*) FROM work WHERE state < 2 GROUP BY endpoint UNION ALL "
      "SELECT endpoint, COUNT(*) FROM delivery WHERE seq > (SELECT seq FROM taken) GROUP BY endpoint");
  while (owed.step()) out[std::string{owed.text(0)}].owed += owed.integer(1);
  auto ended = db.prepare("SELECT endpoint, outcome, count FROM outcome_count");
  while (ended.step())
    out[std::string{ended.text(0)}].outcomes[std::string{ended.text(1)}] += ended.integer(2);
}

}  // namespace godwit::webhooks
