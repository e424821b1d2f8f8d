#include "consumers/dashboard/reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>

#include "consumers/dashboard/state_json.h"
#include "consumers/dashboard/tables.h"

namespace godwit::dashboard {
namespace {

Counters counters_at(const sqlite::Statement& row) {
  return {.started = row.integer(1),
          .succeeded = row.integer(2),
          .failed = row.integer(3),
          .cancelled = row.integer(4),
          .succeeded_ms = row.integer(5),
          .bytes = row.integer(6)};
}

Figures empty_figures(Timestamp now) {
  Figures figures;
  figures.first_hour = hour_of(now) - static_cast<std::int64_t>(hours_read) + 1;
  return figures;
}

std::int64_t count_list(sqlite::Database& db, List list) {
  auto rows = db.prepare("SELECT coalesce(sum(n), 0) FROM task_count WHERE list = ?");
  return rows.bind(to_string(list)).step() ? rows.integer(0) : 0;
}

void gather_figures(sqlite::Database& db, Figures& figures) {
  auto providers = db.prepare("SELECT * FROM provider_total");
  while (providers.step()) {
    const Counters counters = counters_at(providers);
    figures.providers[std::string{providers.text(0)}] += counters;
    figures.total += counters;
  }
  auto hours = db.prepare("SELECT * FROM hour_total WHERE hour BETWEEN ? AND ?");
  hours.bind(figures.first_hour, figures.first_hour + static_cast<std::int64_t>(hours_read) - 1);
  while (hours.step())
    figures.hours[static_cast<std::size_t>(hours.integer(0) - figures.first_hour)] += counters_at(hours);
  figures.active += count_list(db, List::active);
  figures.pending += count_list(db, List::pending);
}

// One more row than asked for tells whether the list goes on.
void gather_page(sqlite::Database& db, List list, std::int64_t limit, const std::optional<Cursor>& behind,
                 Page& page) {
  auto rows = db.prepare(
      "SELECT task_id, at_ms, state FROM task WHERE list = ?1 AND (at_ms, task_id) < (?2, ?3) "
      "ORDER BY at_ms DESC, task_id DESC LIMIT ?4");
  const Cursor from = behind.value_or(Cursor{std::numeric_limits<std::int64_t>::max(), ""});
  rows.bind(to_string(list), from.at_ms, from.task_id, limit + 1);
  while (rows.step())
    page.rows.push_back({std::string{rows.text(0)}, rows.integer(1), read_store_json(rows.text(2))});
}

void order_page(std::int64_t limit, Page& page) {
  std::sort(page.rows.begin(), page.rows.end(), [](const Row& a, const Row& b) {
    return a.at_ms != b.at_ms ? a.at_ms > b.at_ms : a.task_id > b.task_id;
  });
  page.more = page.rows.size() > static_cast<std::size_t>(limit);
  if (page.more) page.rows.erase(page.rows.begin() + limit, page.rows.end());
}

void append(Page& page, Page part) {
  page.rows.insert(page.rows.end(), std::make_move_iterator(part.rows.begin()),
                   std::make_move_iterator(part.rows.end()));
}

void add_figures(Figures& sum, const Figures& part) {
  for (const auto& [name, counters] : part.providers) sum.providers[name] += counters;
  sum.total += part.total;
  sum.active += part.active;
  sum.pending += part.pending;
  // Another's clock may already be, or still be, in another hour.
  for (std::size_t i = 0; i < hours_read; ++i) {
    const std::int64_t at = part.first_hour + static_cast<std::int64_t>(i) - sum.first_hour;
    if (at >= 0 && at < static_cast<std::int64_t>(hours_read))
      sum.hours[static_cast<std::size_t>(at)] += part.hours[i];
  }
}

}  // namespace

std::string Cursor::text() const { return fmt::format("{}:{}", at_ms, task_id); }

std::optional<Cursor> Cursor::parse(std::string_view text) {
  Cursor cursor;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cursor.at_ms);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || digits + 1 >= text.size() || text[digits] != ':') return std::nullopt;
  cursor.task_id = text.substr(digits + 1);
  return cursor;
}

Figures read_figures(const sqlite::Readers& readers, Timestamp now) {
  Figures figures = empty_figures(now);
  readers.for_each([&](const std::string&, sqlite::Database& db) {
    gather_figures(db, figures);
    return true;
  });
  return figures;
}

Overview read_overview(const sqlite::Readers& readers, Timestamp now) {
  Overview overview{.figures = empty_figures(now), .active = {}, .completed = {}, .failed = {}};
  readers.for_each([&](const std::string&, sqlite::Database& db) {
    gather_figures(db, overview.figures);
    gather_page(db, List::active, active_shown_max, std::nullopt, overview.active);
    gather_page(db, List::completed, recent_max, std::nullopt, overview.completed);
    gather_page(db, List::failed, recent_max, std::nullopt, overview.failed);
    return true;
  });
  order_page(active_shown_max, overview.active);
  order_page(recent_max, overview.completed);
  order_page(recent_max, overview.failed);
  return overview;
}

Overview add_up(std::vector<Overview> parts, Timestamp now) {
  Overview out{.figures = empty_figures(now), .active = {}, .completed = {}, .failed = {}};
  for (Overview& part : parts) {
    add_figures(out.figures, part.figures);
    append(out.active, std::move(part.active));
    append(out.completed, std::move(part.completed));
    append(out.failed, std::move(part.failed));
  }
  order_page(active_shown_max, out.active);
  order_page(recent_max, out.completed);
  order_page(recent_max, out.failed);
  return out;
}

Page read_page(const sqlite::Readers& readers, List list, std::int64_t limit,
               const std::optional<Cursor>& behind) {
  Page page;
  readers.for_each([&](const std::string&, sqlite::Database& db) {
    gather_page(db, list, limit, behind, page);
    return true;
  });
  order_page(limit, page);
  return page;
}

}  // namespace godwit::dashboard
