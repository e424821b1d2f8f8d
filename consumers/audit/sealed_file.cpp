#include "consumers/audit/sealed_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/base/descriptor.h"
#include "common/base/durable.h"
#include "common/json/writer.h"
#include "common/sqlite/partition_directory.h"
#include "consumers/audit/record_table.h"

namespace godwit::audit {
namespace {

namespace fs = std::filesystem;

constexpr mode_t sealed_mode = 0440;
constexpr unsigned manifest_mode = 0440;

std::string hex(const ledger::Digest& digest) { return fmt::format("{:02x}", fmt::join(digest, "")); }

// In one quote for SQL.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string{"''"} : std::string{c};
  return out + "'";
}

// Nothing else is in the draft, and nothing is missing.
Status check_rows(const Segment& segment, const std::string& draft) {
  auto db = sqlite::Database::open_or_throw(draft, sqlite::OpenMode::immutable);
  auto rows = db.prepare("SELECT count(*), min(id), max(id) FROM record");
  if (rows.step() && rows.integer(0) == segment.rows && rows.integer(1) == segment.first_index &&
      rows.integer(2) == segment.first_index + segment.rows - 1)
    return Done{};
  return transient_error(fmt::format("{} does not hold the records [{}, {})", draft, segment.first_index,
                                     segment.first_index + segment.rows));
}

Result<ledger::Digest> write_sealed(const Segment& segment, const std::string& partition_file,
                                    const std::string& folder, const std::stop_token& stop) {
  const std::string path = fmt::format("{}/{}", folder, sealed_file_name(segment.first_index));
  const std::string draft = path + ".part";
  fs::remove(draft);
  write_draft(segment, partition_file, closed_record_table(segment.first_index), draft, stop);
  if (stop.stop_requested()) return transient_error("stopped");
  return place_sealed(segment, draft, folder);
}

}  // namespace

std::string sealed_file_name(std::int64_t first_index) { return fmt::format("{:012}.db", first_index); }
std::string manifest_name(std::int64_t first_index) { return fmt::format("{:012}.json", first_index); }

std::string sealed_path(const std::string& partition_file, std::int64_t first_index) {
  return fmt::format("{}/{}", sqlite::companion_of(partition_file), sealed_file_name(first_index));
}
bool is_sealed_file(std::string_view file_name) {
  constexpr std::string_view suffix = ".db";
  if (!file_name.ends_with(suffix)) return false;
  file_name.remove_suffix(suffix.size());
  return file_name.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string manifest_json(const Segment& segment, const ledger::Digest& file_sha256,
                          const std::vector<std::int64_t>& redacted) {
  json::Writer out;
  out.begin_object();
  out.member("topic", segment.topic).member("partition", std::int64_t{segment.partition});
  out.member("first_index", segment.first_index).member("rows", segment.rows).member("bytes", segment.bytes);
  out.member("first_offset", segment.first_offset).member("last_offset", segment.last_offset);
  out.member("earliest_ms", segment.earliest_ms).member("latest_ms", segment.latest_ms);
  out.member("tree_size", segment.first_index + segment.rows).member("root_sha256", hex(segment.root));
  out.member("file", sealed_file_name(segment.first_index)).member("file_sha256", hex(file_sha256));
  if (!redacted.empty()) {
    out.key("redacted").begin_array();
    for (const std::int64_t index : redacted) out.value(index);
    out.end_array();
  }
  out.end_object();
  return out.take() + "\n";
}

void write_draft(const Segment& segment, const std::string& attached, const std::string& table,
                 const std::string& draft, const std::stop_token& stop) {
  auto db = sqlite::Database::open_or_throw(draft, sqlite::OpenMode::scratch);
  db.exec(sealed_record_table());
  db.exec("CREATE TABLE origin (topic TEXT NOT NULL, partition INTEGER NOT NULL) STRICT;");
  db.prepare("INSERT INTO origin VALUES (?, ?)").run(segment.topic, std::int64_t{segment.partition});
  db.exec(fmt::format("ATTACH {} AS source_file", in_quotes(attached)));
  db.exec(fmt::format("INSERT INTO record SELECT * FROM source_file.{}", table));
  db.exec("DETACH source_file");
  if (stop.stop_requested()) return;
  db.exec("PRAGMA threads=0; PRAGMA cache_size=-65536;");
  db.exec(sealed_indexes());
  db.exec("ANALYZE;");
}

std::vector<std::int64_t> redacted_in(sqlite::Database& db, const std::string& table) {
  std::vector<std::int64_t> out;
  auto row = db.prepare(fmt::format("SELECT id FROM {} WHERE value_digest IS NOT NULL ORDER BY id", table));
  while (row.step()) out.push_back(row.integer(0));
  return out;
}

Result<ledger::Digest> place_sealed(const Segment& segment, const std::string& draft,
                                    const std::string& folder) {
  const std::string path = fmt::format("{}/{}", folder, sealed_file_name(segment.first_index));
  if (Status complete = check_rows(segment, draft); !complete) return complete.error();
  std::vector<std::int64_t> redacted;
  {
    auto db = sqlite::Database::open_or_throw(draft, sqlite::OpenMode::immutable);
    redacted = redacted_in(db, "record");
  }
  const auto sha256 = sha256_of_file(draft);
  if (!sha256) return sha256.error();
  if (chmod(draft.c_str(), sealed_mode) != 0)
    return transient_error(fmt::format("cannot make {} read-only: {}", draft, std::strerror(errno)));
  if (Status synced = sync_file(draft); !synced) return synced.error();
  if (Status named = rename_durably(draft, path); !named) return named.error();
  const Status written = write_durably(fmt::format("{}/{}", folder, manifest_name(segment.first_index)),
                                       manifest_json(segment, *sha256, redacted), manifest_mode);
  if (!written) return written.error();
  return *sha256;
}

Result<ledger::Digest> seal(const Segment& segment, const std::string& partition_file,
                            const std::string& folder, const std::stop_token& stop) {
  try {
    fs::create_directories(folder);
    return write_sealed(segment, partition_file, folder, stop);
  } catch (const sqlite::StoreFailure& failure) {
    return transient_error(failure.what());
  } catch (const fs::filesystem_error& failure) {
    return transient_error(failure.what());
  }
}

Result<ledger::Digest> sha256_of_file(const std::string& path) {
  const auto failed = [&path] {
    return transient_error(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  };
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat status = {};
  if (!file.is_open() || fstat(file.get(), &status) != 0) return failed();
  const auto size = static_cast<std::size_t>(status.st_size);
  ledger::Hasher hasher;
  if (size == 0) return hasher.of("");
  void* const bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (bytes == MAP_FAILED) return failed();  // NOLINT: a macro of the system
  madvise(bytes, size, MADV_SEQUENTIAL);
  const ledger::Digest out = hasher.of(std::string_view{static_cast<const char*>(bytes), size});
  munmap(bytes, size);
  return out;
}

}  // namespace godwit::audit
