#include "consumers/audit/open_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string_view>

#include "common/projection/store.h"

namespace godwit::audit {
namespace {

constexpr std::size_t block_rows = 4096;

using Hash = std::uint32_t;
Hash hash_of(std::string_view text) { return static_cast<Hash>(std::hash<std::string_view>{}(text)); }

// The columns that are hashed, in the order they are read.
enum Column { event_type, vm_name, provider, user, ip_address, stage, plan_id, columns_count };
constexpr int first_hashed = 4;  // behind id, event_ms, success and leaf
constexpr std::string_view columns = "event_type, vm_name, provider, user, ip_address, stage, plan_id";

struct Wanted {
  Column column;
  std::vector<Hash> any_of;
};

std::vector<Wanted> wanted_of(const Filter& filter) {
  std::vector<Wanted> out;
  const auto add = [&](Column column, const std::optional<std::string>& text) {
    if (text) out.push_back({column, {hash_of(*text)}});
  };
  add(plan_id, filter.plan_id);
  add(vm_name, filter.vm_name);
  add(ip_address, filter.ip_address);
  add(user, filter.user);
  if (!filter.event_types.empty()) {
    Wanted types{event_type, {}};
    for (const std::string& type : filter.event_types) types.any_of.push_back(hash_of(type));
    out.push_back(std::move(types));
  }
  add(stage, filter.stage);
  add(provider, filter.provider);
  return out;
}

// The first of many places in an order.
class First {
 public:
  First(Order order, std::size_t count_max) : order_(order), count_max_(count_max) {}

  bool takes(const RowPlace& place) const {
    return all_.size() < count_max_ || comes_before(place, all_.front());
  }
  void take(const RowPlace& place) {
    const auto before = [this](const RowPlace& a, const RowPlace& b) { return comes_before(a, b); };
    if (all_.size() == count_max_) {
      std::pop_heap(all_.begin(), all_.end(), before);
      all_.pop_back();
    }
    all_.push_back(place);
    std::push_heap(all_.begin(), all_.end(), before);
  }
  std::vector<RowPlace> sorted() && {
    std::sort(all_.begin(), all_.end(), [this](const auto& a, const auto& b) { return comes_before(a, b); });
    return std::move(all_);
  }

 private:
  bool comes_before(const RowPlace& a, const RowPlace& b) const {
    return order_ == Order::newest ? b < a : a < b;
  }

  const Order order_;
  const std::size_t count_max_;
  std::vector<RowPlace> all_;  // a heap: the last in the order is at the front
};

// The rows of a table as columns.
struct Rows {
  struct Block {
    std::int64_t earliest_ms, latest_ms;
  };

  std::vector<std::int64_t> times;
  std::vector<char> successes;
  std::array<std::vector<Hash>, columns_count> hashes;
  std::vector<Block> blocks;  // of block_rows each
  std::string last_leaf;

  void append(const sqlite::Statement& row) {
    const std::int64_t ms = row.integer(1);
    if (times.size() % block_rows == 0) blocks.push_back({ms, ms});
    blocks.back() = {std::min(blocks.back().earliest_ms, ms), std::max(blocks.back().latest_ms, ms)};
    times.push_back(ms);
    successes.push_back(row.integer(2) != 0 ? 1 : 0);
    for (int i = 0; i < columns_count; ++i)
      hashes.at(static_cast<std::size_t>(i))
          .push_back(row.is_null(first_hashed + i) ? 0 : hash_of(row.text(first_hashed + i)));
  }
};

bool may_hold(const Rows::Block& block, const PlaceRange& range, const First& first) {
  if (range.earliest_ms && block.latest_ms < *range.earliest_ms) return false;
  if (range.latest_ms && block.earliest_ms > *range.latest_ms) return false;
  const bool newest = range.order == Order::newest;
  return first.takes({newest ? block.latest_ms : block.earliest_ms, newest ? INT64_MAX : INT64_MIN});
}

bool meets(const Rows& rows, std::size_t row, const std::vector<Wanted>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const Wanted& each) {
    const Hash hash = rows.hashes[each.column][row];
    return std::find(each.any_of.begin(), each.any_of.end(), hash) != each.any_of.end();
  });
}

}  // namespace

class OpenColumns::Table {
 public:
  std::vector<RowPlace> candidates(const RecordTable& table, const Filter& filter, const PlaceRange& range,
                                   std::size_t rows_max) {
    const std::lock_guard lock{mutex_};
    read_on(table);
    const auto wanted = wanted_of(filter);
    First first{range.order, rows_max};
    for (std::size_t i = 0; i < rows_.blocks.size(); ++i) {
      const std::size_t block = range.order == Order::newest ? rows_.blocks.size() - 1 - i : i;
      if (!may_hold(rows_.blocks[block], range, first)) continue;
      const std::size_t end = std::min((block + 1) * block_rows, rows_.times.size());
      for (std::size_t row = block * block_rows; row < end; ++row) {
        if (!meets(rows_, row, wanted) || (filter.success && (rows_.successes[row] != 0) != *filter.success))
          continue;
        const RowPlace place{rows_.times[row], table.facts.first_index + static_cast<std::int64_t>(row)};
        if (range.holds(place) && first.takes(place)) first.take(place);
      }
    }
    return std::move(first).sorted();
  }

  std::uint64_t asked = 0;  // guarded by the owner

 private:
  // Reads the rows that have come since; all, when this is another table of the same name.
  void read_on(const RecordTable& table) {
    if (!goes_on(table)) rows_ = {};
    auto rows = table.db.prepare(fmt::format(
        "SELECT id, event_ms, success, leaf, {} FROM {} WHERE id >= ? ORDER BY id", columns, table.name()));
    rows.bind(end_id(table));
    while (rows.step()) {
      if (rows.integer(0) != end_id(table))
        throw projection::StoreUnavailable{
            fmt::format("{}: the row of record {} is missing; godwit audit verify tells more", table.file(),
                        end_id(table))};
      rows_.append(rows);
      rows_.last_leaf = rows.blob(3);
    }
  }

  bool goes_on(const RecordTable& table) const {
    if (rows_.times.empty()) return true;
    auto last = table.db.prepare(fmt::format("SELECT leaf FROM {} WHERE id = ?", table.name()));
    return last.bind(end_id(table) - 1).step() && last.blob(0) == rows_.last_leaf;
  }

  std::int64_t end_id(const RecordTable& table) const {
    return table.facts.first_index + static_cast<std::int64_t>(rows_.times.size());
  }

  std::mutex mutex_;
  Rows rows_;
};

OpenColumns::OpenColumns(const OpenColumnsOptions& options) : options_(options) {}
OpenColumns::~OpenColumns() = default;

std::vector<RowPlace> OpenColumns::candidates(const RecordTable& table, const Filter& filter,
                                              const PlaceRange& range, std::size_t rows_max) {
  return of(table.db.path() + '/' + std::to_string(table.facts.first_index))
      ->candidates(table, filter, range, rows_max);
}

std::shared_ptr<OpenColumns::Table> OpenColumns::of(const std::string& key) {
  const std::lock_guard lock{mutex_};
  auto& table = tables_[key];
  if (!table) table = std::make_shared<Table>();
  table->asked = ++asked_;
  auto kept = table;
  if (tables_.size() > options_.tables_max)
    tables_.erase(std::min_element(tables_.begin(), tables_.end(), [](const auto& a, const auto& b) {
      return a.second->asked < b.second->asked;
    }));
  return kept;
}

}  // namespace godwit::audit
