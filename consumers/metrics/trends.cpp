#include "consumers/metrics/trends.h"

#include "common/base/check.h"
#include "common/json/fields.h"
#include "common/json/writer.h"

namespace godwit::metrics_view {
namespace {

constexpr int rows_nesting_max = 4;

// Rounds down also before 1970.
std::int64_t start_of(std::int64_t at_s, std::int64_t step_s) {
  const std::int64_t rest = at_s % step_s;
  return at_s - (rest < 0 ? rest + step_s : rest);
}

Happened read_row(const sqlite::Statement& row, int first) {
  const auto count = [&](int column) { return static_cast<std::uint64_t>(row.integer(first + column)); };
  return {.started = count(0),
          .completed = count(1),
          .failed = count(2),
          .cancelled = count(3),
          .bytes = count(4),
          .completed_ms = row.integer(first + 5),
          .timed = count(6)};
}

}  // namespace

std::string TrendRows::schema() {
  return R"(
CREATE TABLE IF NOT EXISTS trend (
  step_s INTEGER NOT NULL, start_s INTEGER NOT NULL, started INTEGER NOT NULL, completed INTEGER NOT NULL,
  failed INTEGER NOT NULL, cancelled INTEGER NOT NULL, bytes INTEGER NOT NULL, completed_ms INTEGER NOT NULL,
  timed INTEGER NOT NULL, PRIMARY KEY (step_s, start_s)) WITHOUT ROWID;
)";
}

TrendRows::TrendRows(sqlite::Database& db)
    : add_(db.prepare(
          "INSERT INTO trend VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET "
          "started = started + ?3, completed = completed + ?4, failed = failed + ?5, "
          "cancelled = cancelled + ?6, bytes = bytes + ?7, completed_ms = completed_ms + ?8, "
          "timed = timed + ?9")),
      trim_(db.prepare("DELETE FROM trend WHERE step_s = ?1 AND start_s < (SELECT start_s FROM trend WHERE "
                       "step_s = ?1 ORDER BY start_s DESC LIMIT 1 OFFSET ?2)")) {}

void TrendRows::add(Timestamp at, const Happened& happened) {
  if (!happened.any()) return;
  for (const Grain& grain : grains)
    gathered_[{grain.step_s, start_of(start_of(to_unix_ms(at), 1000) / 1000, grain.step_s)}] += happened;
}

void TrendRows::flush() {
  if (gathered_.empty()) return;
  const auto whole = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
  for (const auto& [bucket, happened] : gathered_)
    add_.run(bucket.first, bucket.second, whole(happened.started), whole(happened.completed),
             whole(happened.failed), whole(happened.cancelled), whole(happened.bytes), happened.completed_ms,
             whole(happened.timed));
  for (const Grain& grain : grains) trim_.run(grain.step_s, grain.buckets_max - 1);
  gathered_.clear();
}

const Grain* grain_of(std::int64_t step_s) {
  const Grain* out = nullptr;
  for (const Grain& grain : grains)
    if (step_s % grain.step_s == 0) out = &grain;
  return out;
}

Trends read_trends(const sqlite::Readers& readers, const TrendWindow& window) {
  const Grain* grain = grain_of(window.step_s);
  GODWIT_CHECK(grain != nullptr, "no grain divides {} s", window.step_s);
  Trends out;
  readers.for_each([&](const std::string&, sqlite::Database& db) {
    auto rows = db.prepare(
        "SELECT start_s, started, completed, failed, cancelled, bytes, completed_ms, timed FROM trend "
        "WHERE step_s = ? AND start_s >= ? AND start_s < ?");
    rows.bind(grain->step_s, window.begin_s, window.end_s);
    while (rows.step()) out[start_of(rows.integer(0), window.step_s)] += read_row(rows, 1);
    return true;
  });
  return out;
}

std::string trends_to_wire(const Trends& trends) {
  json::Writer out;
  out.begin_array();
  for (const auto& [start_s, happened] : trends) {
    out.begin_array().value(start_s);
    for (const std::uint64_t count : {happened.started, happened.completed, happened.failed,
                                      happened.cancelled, happened.bytes, happened.timed})
      out.value(count);
    out.value(happened.completed_ms).end_array();
  }
  out.end_array();
  return out.take();
}

std::optional<Trends> trends_from_wire(std::string_view text) {
  constexpr rapidjson::SizeType columns = 8;
  rapidjson::Document document;
  document.Parse<json::parse_flags>(text.data(), text.size());
  if (document.HasParseError() || !json::nests_within(document, rows_nesting_max) || !document.IsArray())
    return std::nullopt;
  Trends out;
  for (const auto& row : document.GetArray()) {
    if (!row.IsArray() || row.Size() != columns || !row[0].IsInt64() || !row[7].IsInt64())
      return std::nullopt;
    for (rapidjson::SizeType i = 1; i < columns - 1; ++i)
      if (!row[i].IsUint64()) return std::nullopt;
    out[row[0].GetInt64()] += {.started = row[1].GetUint64(),
                               .completed = row[2].GetUint64(),
                               .failed = row[3].GetUint64(),
                               .cancelled = row[4].GetUint64(),
                               .bytes = row[5].GetUint64(),
                               .completed_ms = row[7].GetInt64(),
                               .timed = row[6].GetUint64()};
  }
  return out;
}

}  // namespace godwit::metrics_view
