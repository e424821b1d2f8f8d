// Thin ownership over the sqlite3 C API: a connection, a prepared statement, a transaction that rolls back
// unless committed. A failing call means the store cannot keep its promise (disk full, I/O error,
// corruption), so these throw StoreFailure; whoever owns the partition stops it and says so. Each object is
// used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/projection/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace godwit::sqlite {

// What went wrong with which file, in one line.
class StoreFailure : public projection::StoreUnavailable {
 public:
  StoreFailure(int code, const std::string& what) : StoreUnavailable(what, is_corrupt(code)), code_(code) {}
  int code() const { return code_; }  // SQLite's extended result code
  bool read_only() const;

 private:
  static bool is_corrupt(int code);
  int code_;
};

enum class OpenMode {
  read_write,  // creates the file; WAL, synchronous=FULL: a committed transaction survives power loss
  read_only,
  // A new file without a journal, never synced: for whoever writes it whole, makes it durable and gives it
  // its name after that. What a crash leaves of it is thrown away.
  scratch,
  // A file that nobody writes any more: no locks, no WAL beside it.
  immutable,
};

struct DatabaseOptions {
  Millis busy_timeout{5000};
  int cache_kibibytes = 8192;
  std::int64_t mmap_bytes = 256LL * 1024 * 1024;
};

class Statement;

class Database {
 public:
  static Result<Database> open(const std::string& path, OpenMode mode, const DatabaseOptions& options = {});
  // The same, for whoever must tell a full disk from a corrupt file: throws StoreFailure.
  static Database open_or_throw(const std::string& path, OpenMode mode, const DatabaseOptions& options = {});

  // Runs statements that return no rows.
  void exec(const std::string& sql);
  Statement prepare(std::string_view sql);
  const std::string& path() const { return path_; }
  std::int64_t last_insert_rowid() const;
  std::int64_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  Database(std::unique_ptr<sqlite3, Close> db, std::string path)
      : db_(std::move(db)), path_(std::move(path)) {}

  std::unique_ptr<sqlite3, Close> db_;
  std::string path_;
};

// A compiled statement. bind(...) starts it over with new values; texts and blobs are viewed, not copied, and
// must live until the statement is stepped to its end, reset or bound again.
class Statement {
 public:
  // Marks bytes to be bound as a BLOB: statement.bind(Statement::blob_of(bytes)).
  struct BlobView {
    std::string_view bytes;
  };
  static BlobView blob_of(std::string_view bytes) { return {bytes}; }

  template <class... Args>
  Statement& bind(const Args&... args) {
    reset();
    int index = 0;
    (bind_one(++index, args), ...);
    return *this;
  }

  // Moves to the next row; false at the end (the statement is reset then).
  bool step();
  // bind and run to the end, for statements without rows.
  template <class... Args>
  void run(const Args&... args) {
    bind(args...);
    while (step()) {
    }
  }
  void reset();

  // For statements built at run time: binds one value at a 1-based index. A bound text is copied.
  void bind_at(int index, std::string_view text);
  void bind_at(int index, std::int64_t number);

  std::int64_t integer(int column) const;
  double real(int column) const;
  // A view valid until the next step, bind or reset.
  std::string_view text(int column) const;
  std::string_view blob(int column) const;
  bool is_null(int column) const;
  std::optional<std::string> maybe_text(int column) const;
  std::optional<std::int64_t> maybe_integer(int column) const;
  std::optional<double> maybe_real(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  void bind_one(int index, std::nullptr_t);
  void bind_one(int index, std::int64_t number);
  void bind_one(int index, int number) { bind_one(index, std::int64_t{number}); }
  void bind_one(int index, bool flag) { bind_one(index, std::int64_t{flag}); }
  void bind_one(int index, double number);
  void bind_one(int index, std::string_view text);
  void bind_one(int index, const std::string& text) { bind_one(index, std::string_view{text}); }
  void bind_one(int index, const char* text) { bind_one(index, std::string_view{text}); }
  void bind_one(int index, const BlobView& blob);
  template <class T>
  void bind_one(int index, const std::optional<T>& maybe) {
    if (maybe) {
      bind_one(index, *maybe);
    } else {
      bind_one(index, nullptr);
    }
  }
  void check(int code) const;

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// BEGIN IMMEDIATE ... COMMIT; rolls back when destroyed uncommitted.
class Transaction {
 public:
  explicit Transaction(Database& db);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& db_;
  bool open_ = true;
};

}  // namespace godwit::sqlite
