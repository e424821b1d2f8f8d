// A store with everything in it (sealed segments, closed ones, an open one, a tile, checkpoints), and copies
// of it, to be tampered with by somebody who can write every file.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "consumers/audit/checkpointer.h"
#include "consumers/audit/verify/verify.h"
#include "tests/lib/temporary_directory.h"
#include "tests/unit/audit/rig.h"

namespace godwit::audit::test {

inline constexpr int segment_rows = 100;
inline const std::string lifecycle_origin = "godwit/memory/migrations.lifecycle/0";
inline const std::string activity_origin = "godwit/memory/platform.activity/0";

// The lifecycle record that is told i-th.
using Telling = std::function<stream::OutRecord(int)>;
// Events, some told again (140 is 139 again), some records that are none (150).
stream::OutRecord honest(int i);

class History : public Rig {
 public:
  // With `unsealed_from` nothing is sealed from the segment that begins there on.
  explicit History(std::optional<std::int64_t> unsealed_from = std::nullopt, Telling telling = honest);

  void tell(int events);
  // Goes on telling until so many segments are sealed.
  void tell_until_sealed(std::size_t segments);
  // Until the number of what was told ends in this, of 100.
  void tell_to(int rest);
  // Signs with the key in the data directory, which is made if need be.
  void sign();

  std::string data() const;
  int told() const { return told_; }
  // What was published, as `godwit tail --format log` writes it.
  std::string checkpoints_log() const;
  // Copies the data directory, which nobody writes now.
  void copy_to(const std::string& path) const;

 private:
  const Telling telling_;
  stream::MemoryLog published_{1};
  FakeClock signing_clock_{from_unix_ms(0)};
  int told_ = 0;
};

// [0, 100) and [100, 200) are sealed, [200, 300) and perhaps more are closed and not sealed, and the last 7
// are open. Signed at each 100, where yesterday ended, and at the end.
struct Original {
  Original();

  testing::TemporaryDirectory keep;
  std::string data = keep / "data";
  std::string yesterday = keep / "yesterday";  // the data directory as it was then
  std::string log;                             // what godwit.checkpoints holds
  std::optional<ledger::VerifierKey> key;
  int told = 0;
  int yesterday_told = 0;
  int open_first() const { return told - 7; }
};
// Made with the first call.
const Original& original();

// A copy of the original.
class Copy {
 public:
  Copy() : Copy(original().data) {}
  explicit Copy(const std::string& of);

  std::string data() const { return directory_ / "data"; }
  std::string partition_file(const std::string& topic = lifecycle) const;
  std::string segment_folder() const;
  std::string segment_file(std::int64_t first) const;
  // Writable, and nothing refuses anything.
  sqlite::Database open(const std::string& topic = lifecycle) const;
  sqlite::Database open_segment(std::int64_t first) const;
  sqlite::Database open_signed() const;
  void change(const std::string& sql) const { open().exec(sql); }
  // Takes this file or folder of the data directory from another one.
  void take(const std::string& from_data, const std::string& what) const;
  std::string write(const std::string& name, const std::string& text) const;

  // With the original's key and what signed.db holds.
  verify::VerifyReport check(const std::vector<std::string>& exports = {}) const;
  // And what was published.
  verify::VerifyReport check_with_log() const;

 private:
  testing::TemporaryDirectory directory_;
};

// Whether it is told of this record of the lifecycle partition; of this tree; at all.
bool tells_index(const verify::VerifyReport& report, int index, std::string_view what);
bool tells_size(const verify::VerifyReport& report, int size, std::string_view what);
bool tells(const verify::VerifyReport& report, std::string_view what);
std::string text_of(const verify::VerifyReport& report);

}  // namespace godwit::audit::test
