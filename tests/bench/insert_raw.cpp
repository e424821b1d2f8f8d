// What SQLite alone can do with the audit's rows: inserts the rows of a drained audit once more into new
// files, by prepared statements, with the same tables, indexes and durability, and without triggers. The
// files take turns, a transaction each, as they do in the consumer. Prints one line of JSON. Run by
// `run_drain`.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <vector>

#include "common/service/flags.h"
#include "common/sqlite/database.h"
#include "common/sqlite/partition_directory.h"
#include "consumers/audit/record_table.h"
#include "consumers/audit/segments.h"
#include "tests/bench/cpu.h"

namespace godwit {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Text = std::optional<std::string>;
using sqlite::Database;
using sqlite::Statement;

// A row of `record`, columns in its order.
struct Row {
  std::int64_t id, log_offset, record_ms, event_ms;
  std::string event_type;
  std::int64_t success, duplicate;
  std::string event_id;
  std::vector<Text> texts;  // the nullable ones: source to refusal_detail
  std::string leaf;
  Text value_digest;
  std::string headers;
  Text key, value;
};
constexpr int first_text = 8;
constexpr int texts = 11;

Row read_row(const Statement& rows) {
  const auto blob = [&](int column) {
    return rows.is_null(column) ? Text{} : Text{std::string{rows.blob(column)}};
  };
  Row out{rows.integer(0),
          rows.integer(1),
          rows.integer(2),
          rows.integer(3),
          std::string{rows.text(4)},
          rows.integer(5),
          rows.integer(6),
          std::string{rows.text(7)},
          {},
          std::string{rows.blob(first_text + texts)},
          blob(first_text + texts + 1),
          std::string{rows.blob(first_text + texts + 2)},
          blob(first_text + texts + 3),
          blob(first_text + texts + 4)};
  for (int i = 0; i < texts; ++i) out.texts.push_back(rows.maybe_text(first_text + i));
  return out;
}

// Where rows of one partition lie.
struct Source {
  Database db;
  std::string table;
};

// A partition of the audit, oldest rows first: sealed files, closed tables, and the table that is open.
std::vector<Source> sources_of(const std::string& partition_file) {
  std::vector<Source> out;
  auto db = Database::open_or_throw(partition_file, sqlite::OpenMode::read_only);
  for (const audit::Closed& closed : audit::closed_segments(db)) {
    const std::int64_t first = closed.segment.first_index;
    const std::string sealed = sqlite::companion_of(partition_file) + "/" + audit::sealed_file_name(first);
    if (closed.sealed) {
      out.push_back({Database::open_or_throw(sealed, sqlite::OpenMode::immutable), "record"});
    } else {
      out.push_back({Database::open_or_throw(partition_file, sqlite::OpenMode::read_only),
                     audit::closed_record_table(first)});
    }
  }
  out.push_back({std::move(db), "record"});
  return out;
}

// One partition of the audit and its copy.
class Copy {
 public:
  Copy(const std::string& source, const std::string& target)
      : sources_(sources_of(source)),
        target_(Database::open_or_throw(target, sqlite::OpenMode::read_write)),
        insert_(
            (create_tables(),
             target_.prepare("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                             "?, ?, ?, ?, ?, ?, ?)"))) {}

  // The next rows, at most so many; empty at the end.
  std::vector<Row> read(std::int64_t rows_max) {
    std::vector<Row> out;
    for (; out.empty() && !sources_.empty(); sources_.erase(sources_.begin())) {
      const Source& from = sources_.front();
      auto rows = sources_.front().db.prepare(
          fmt::format("SELECT * FROM {} WHERE id >= ? ORDER BY id LIMIT ?", from.table));
      rows.bind(next_, rows_max);
      while (rows.step()) out.push_back(read_row(rows));
      if (!out.empty()) break;
    }
    next_ += static_cast<std::int64_t>(out.size());
    return out;
  }

  void insert(const std::vector<Row>& rows) {
    const auto blob = [](const Text& bytes) {
      return bytes ? std::optional{Statement::blob_of(*bytes)} : std::nullopt;
    };
    sqlite::Transaction transaction{target_};
    for (const Row& row : rows) {
      const auto& more = row.texts;
      insert_.run(row.id, row.log_offset, row.record_ms, row.event_ms, row.event_type, row.success,
                  row.duplicate, row.event_id, more[0], more[1], more[2], more[3], more[4], more[5], more[6],
                  more[7], more[8], more[9], more[10], Statement::blob_of(row.leaf), blob(row.value_digest),
                  Statement::blob_of(row.headers), blob(row.key), blob(row.value));
    }
    transaction.commit();
  }

 private:
  void create_tables() {
    auto made = sources_.back().db.prepare(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'record' AND type IN ('table', 'index') "
        "AND sql IS NOT NULL ORDER BY type DESC");
    while (made.step()) target_.exec(std::string{made.text(0)});
  }

  std::vector<Source> sources_;
  Database target_;
  std::int64_t next_ = 0;
  Statement insert_;
};

std::vector<Copy> open_all(const std::string& audit, const std::string& scratch) {
  std::vector<Copy> out;
  std::filesystem::create_directories(scratch);
  for (const auto& entry : std::filesystem::recursive_directory_iterator{audit})
    if (entry.path().extension() == ".db" && !audit::is_sealed_file(entry.path().filename().string()))
      out.emplace_back(entry.path().string(), scratch + "/" + entry.path().filename().string());
  return out;
}

int run(int argc, char** argv) {
  service::Flags flags{"insert_raw", "Inserts the rows of a drained audit once more, by SQLite alone."};
  std::string audit, scratch;
  std::int64_t batch_rows = 5000;
  flags.text("audit", audit, "The data directory of the audit");
  flags.text("scratch", scratch, "A directory for the copies");
  flags.integer("batch", batch_rows, 1, 1'000'000, "Rows in a transaction");
  if (const auto status = flags.parse(argc, argv)) return *status;
  std::vector<Copy> copies = open_all(audit, scratch);
  std::size_t rows = 0;
  double seconds = 0, cpu = 0;
  for (bool more = true; more;) {
    more = false;
    for (Copy& copy : copies) {
      const std::vector<Row> batch = copy.read(batch_rows);
      const auto began = SteadyClock::now();
      const double cpu_before = bench::cpu_seconds();
      if (!batch.empty()) copy.insert(batch);
      seconds += std::chrono::duration<double>(SteadyClock::now() - began).count();
      cpu += bench::cpu_seconds() - cpu_before;
      rows += batch.size();
      more = more || !batch.empty();
    }
  }
  fmt::print(R"({{"rows":{},"seconds":{:.3f},"cpu_seconds":{:.3f}}})"
             "\n",
             rows, seconds, cpu);
  return 0;
}

}  // namespace
}  // namespace godwit

int main(int argc, char** argv) { return godwit::run(argc, argv); }
