#include "common/sqlite/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace godwit::sqlite {
namespace {

constexpr int primary_code = 0xFF;

[[noreturn]] void fail(sqlite3* db, int code, std::string_view path) {
  const int extended = db != nullptr ? sqlite3_extended_errcode(db) : code;
  throw StoreFailure{extended,
                     fmt::format("{}: {} (SQLite {})", path,
                                 db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code), extended)};
}

std::string_view path_of(sqlite3_stmt* statement) {
  const char* path = sqlite3_db_filename(sqlite3_db_handle(statement), "main");
  return path != nullptr ? path : "";
}

// As https://www.sqlite.org/uri.html has it: what would end the path is escaped.
std::string immutable_uri(const std::string& path) {
  std::string out = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      out += fmt::format("%{:02X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "?immutable=1";
}

// SQLite counts every allocation under one lock of the process unless told not to; nobody asks for the count.
void stop_counting_memory() {
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)once;
}

}  // namespace

void Database::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }
void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

bool StoreFailure::is_corrupt(int code) {
  return (code & primary_code) == SQLITE_CORRUPT || (code & primary_code) == SQLITE_NOTADB;
}

bool StoreFailure::read_only() const { return (code_ & primary_code) == SQLITE_READONLY; }

Result<Database> Database::open(const std::string& path, OpenMode mode, const DatabaseOptions& options) {
  try {
    return open_or_throw(path, mode, options);
  } catch (const StoreFailure& failure) {
    return fatal_error(failure.what());
  }
}

Database Database::open_or_throw(const std::string& path, OpenMode mode, const DatabaseOptions& options) {
  stop_counting_memory();
  sqlite3* raw = nullptr;
  const bool writes = mode == OpenMode::read_write || mode == OpenMode::scratch;
  const int flags = (writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
                    (mode == OpenMode::immutable ? SQLITE_OPEN_URI : 0) | SQLITE_OPEN_NOMUTEX;
  const std::string name = mode == OpenMode::immutable ? immutable_uri(path) : path;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  std::unique_ptr<sqlite3, Close> owned{raw};
  if (code != SQLITE_OK)
    throw StoreFailure{code, fmt::format("cannot open {}: {}", path,
                                         raw != nullptr ? sqlite3_errmsg(raw) : sqlite3_errstr(code))};
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, static_cast<int>(options.busy_timeout.count()));
  Database db{std::move(owned), path};
  if (mode == OpenMode::read_write) db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
  if (mode == OpenMode::scratch) db.exec("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;");
  db.exec(fmt::format("PRAGMA cache_size=-{}; PRAGMA mmap_size={}; PRAGMA temp_store=MEMORY;",
                      options.cache_kibibytes, options.mmap_bytes));
  return db;
}

void Database::exec(const std::string& sql) {
  const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(db_.get(), code, path_);
}

Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) fail(db_.get(), code, path_);
  return Statement{statement};
}

std::int64_t Database::last_insert_rowid() const { return sqlite3_last_insert_rowid(db_.get()); }
std::int64_t Database::changes() const { return sqlite3_changes64(db_.get()); }

void Statement::check(int code) const {
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_.get()), code, path_of(statement_.get()));
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    // The message belongs to the connection and a reset may replace it, so it is read first.
    sqlite3* db = sqlite3_db_handle(statement_.get());
    StoreFailure failure{sqlite3_extended_errcode(db),
                         fmt::format("{}: {} (SQLite {})", path_of(statement_.get()), sqlite3_errmsg(db),
                                     sqlite3_extended_errcode(db))};
    sqlite3_reset(statement_.get());
    throw failure;
  }
  sqlite3_reset(statement_.get());
  return false;
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

void Statement::bind_at(int index, std::string_view text) {
  check(
      sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}
void Statement::bind_at(int index, std::int64_t number) { bind_one(index, number); }
void Statement::bind_one(int index, std::nullptr_t) { check(sqlite3_bind_null(statement_.get(), index)); }
void Statement::bind_one(int index, std::int64_t number) {
  check(sqlite3_bind_int64(statement_.get(), index, number));
}
void Statement::bind_one(int index, double number) {
  check(sqlite3_bind_double(statement_.get(), index, number));
}
void Statement::bind_one(int index, std::string_view text) {
  // A null data pointer would bind NULL; an empty text is not NULL.
  check(sqlite3_bind_text64(statement_.get(), index, text.data() != nullptr ? text.data() : "", text.size(),
                            SQLITE_STATIC, SQLITE_UTF8));
}
void Statement::bind_one(int index, const BlobView& blob) {
  check(sqlite3_bind_blob64(statement_.get(), index, blob.bytes.data() != nullptr ? blob.bytes.data() : "",
                            blob.bytes.size(), SQLITE_STATIC));
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }
std::string_view Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return bytes != nullptr
             ? std::string_view{bytes,
                                static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))}
             : std::string_view{};
}
std::string_view Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return bytes != nullptr
             ? std::string_view{bytes,
                                static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))}
             : std::string_view{};
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}
std::optional<std::string> Statement::maybe_text(int column) const {
  return is_null(column) ? std::nullopt : std::optional<std::string>{text(column)};
}
std::optional<std::int64_t> Statement::maybe_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional{integer(column)};
}
std::optional<double> Statement::maybe_real(int column) const {
  return is_null(column) ? std::nullopt : std::optional{real(column)};
}

Transaction::Transaction(Database& db) : db_(db) { db_.exec("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    db_.exec("ROLLBACK");
  } catch (const StoreFailure&) {
    // SQLite has already rolled back by itself after a failed commit or a full disk.
  }
}

void Transaction::commit() {
  db_.exec("COMMIT");
  open_ = false;
}

}  // namespace godwit::sqlite
