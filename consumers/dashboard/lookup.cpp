#include "consumers/dashboard/lookup.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "common/json/writer.h"
#include "consumers/dashboard/state_json.h"
#include "consumers/dashboard/tables.h"

namespace godwit::dashboard {
namespace {

// Behind every text that begins with `prefix`: no UTF-8 holds this byte.
std::string past(const std::string& prefix) { return prefix + '\xff'; }

void add_rows(sqlite::Statement& rows, const Moment& moment, cluster::Page& page) {
  while (rows.step()) {
    const Row row{std::string{rows.text(0)}, rows.integer(1), read_store_json(rows.text(2))};
    page.rows.push_back({row.task_id, task_json(row, moment)});
  }
}

// By place, each once, and no more than `limit`.
void order(cluster::Page& page, std::int64_t limit) {
  const auto by_place = [](const cluster::Row& a, const cluster::Row& b) { return a.place < b.place; };
  std::sort(page.rows.begin(), page.rows.end(), by_place);
  const auto same = [](const cluster::Row& a, const cluster::Row& b) { return a.place == b.place; };
  page.rows.erase(std::unique(page.rows.begin(), page.rows.end(), same), page.rows.end());
  page.more = page.rows.size() > static_cast<std::size_t>(limit);
  if (page.more) page.rows.resize(static_cast<std::size_t>(limit));
}

}  // namespace

cluster::Page find_tasks(const sqlite::Readers& files, const std::string& text, std::int64_t limit,
                         const Moment& moment) {
  cluster::Page page;
  const std::string name = search_text(text);
  const std::string past_text = past(text), past_name = past(name);  // bound texts are viewed
  files.for_each([&](const std::string&, sqlite::Database& db) {
    auto by_id = db.prepare(
        "SELECT task_id, at_ms, state FROM task WHERE task_id >= ?1 AND task_id < ?2 AND list <> 'none' "
        "ORDER BY task_id LIMIT ?3");
    by_id.bind(text, past_text, limit + 1);
    add_rows(by_id, moment, page);
    auto by_name = db.prepare(
        "SELECT task_id, at_ms, state FROM task WHERE name >= ?1 AND name < ?2 AND list <> 'none' "
        "ORDER BY name, task_id LIMIT ?3");
    by_name.bind(name, past_name, limit + 1);
    add_rows(by_name, moment, page);
    return true;
  });
  order(page, limit);
  return page;
}

cluster::Page tasks_of_plan(const sqlite::Readers& files, const std::string& plan_id,
                            const std::string& after, std::int64_t limit, const Moment& moment) {
  cluster::Page page;
  files.for_each([&](const std::string&, sqlite::Database& db) {
    auto rows = db.prepare(
        "SELECT task_id, at_ms, state FROM task WHERE plan_id = ?1 AND plan_id <> '' AND task_id > ?2 AND "
        "list <> 'none' ORDER BY task_id LIMIT ?3");
    rows.bind(plan_id, after, limit + 1);
    add_rows(rows, moment, page);
    return true;
  });
  order(page, limit);
  return page;
}

std::string changed_rows(const sqlite::Readers& files, const Recent::Changes& changes, const Moment& moment) {
  std::string out;
  files.for_each([&](const std::string& store, sqlite::Database& db) {
    const auto changed = changes.by_store.find(store);
    if (changed == changes.by_store.end()) return true;
    auto rows = db.prepare("SELECT task_id, at_ms, state FROM task WHERE task_id = ?");
    for (const std::string& task_id : changed->second) {
      if (!rows.bind(task_id).step()) continue;
      const Row row{task_id, rows.integer(1), read_store_json(rows.text(2))};
      rows.reset();
      if (!out.empty()) out += ',';
      out += task_json(row, moment);
    }
    return true;
  });
  return out;
}

cluster::Page read_notes(const sqlite::Readers& files, const std::optional<Cursor>& behind,
                         std::int64_t limit) {
  cluster::Page page;
  const Cursor from = behind.value_or(Cursor{std::numeric_limits<std::int64_t>::max(), ""});
  std::vector<std::pair<Cursor, std::string>> notes;
  files.for_each([&](const std::string&, sqlite::Database& db) {
    auto rows = db.prepare(
        "SELECT at_ms, id, severity, kind, subject, name, text FROM note WHERE (at_ms, id) < (?1, ?2) "
        "ORDER BY at_ms DESC, id DESC LIMIT ?3");
    rows.bind(from.at_ms, from.task_id, limit + 1);
    while (rows.step()) {
      json::Writer out;
      out.begin_object().member("id", rows.text(1)).member("at_ms", rows.integer(0));
      out.member("timestamp", format_rfc3339(from_unix_ms(rows.integer(0)))).member("severity", rows.text(2));
      out.member("kind", rows.text(3)).member("subject", rows.text(4)).member("name", rows.text(5));
      out.member("text", rows.text(6)).end_object();
      notes.push_back({Cursor{rows.integer(0), std::string{rows.text(1)}}, out.take()});
    }
    return true;
  });
  std::sort(notes.begin(), notes.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.at_ms, a.first.task_id) > std::tie(b.first.at_ms, b.first.task_id);
  });
  page.more = notes.size() > static_cast<std::size_t>(limit);
  if (page.more) notes.erase(notes.begin() + limit, notes.end());
  for (auto& [place, json] : notes) page.rows.push_back({place.text(), std::move(json)});
  return page;
}

}  // namespace godwit::dashboard
