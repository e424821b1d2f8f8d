// OwnEvents: what the audit tells of itself (started, stopped, sealed, pruned, redacted, a gap), as events of
// the log, and so entries of the audit. They lie in a small file of their own, `own.db`, from the moment they
// happen until the log has them: nothing is told twice, nothing is lost with the broker or the process, and a
// rebuild tells nothing of the past again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/event/event.h"
#include "common/sqlite/database.h"
#include "common/stream/publisher.h"

namespace godwit::audit::keep {

// One happening. What is no member of the catalogue goes to `more`, each a name and a JSON text.
struct Happening {
  event::Type type = event::Type::unknown;
  // Names it for good, within this file: the same one is told once. Empty: it is another one each time.
  std::string key = {};
  std::optional<std::string> resource = {}, reason = {}, message = {}, root = {};
  std::optional<std::int64_t> rows = {};
  std::vector<std::pair<std::string, std::string>> more = {};
};

// Used by one thread at a time. StoreFailure passes through.
class OwnEvents {
 public:
  static constexpr std::int64_t publish_batch_max = 256;

  // Made if need be, with a name of its own: the source of its events is /consumers/godwit-audit/<name>.
  static Result<OwnEvents> open(const std::string& path, Timestamp now);
  const std::string& name() const { return name_; }

  // On disk when it returns, to be published; nothing when it was told before. Whether it is new.
  bool tell(const Happening& happening, Timestamp now);
  // Those the log does not have yet, oldest first, until it does not take one; each is waited for so long.
  Status publish(stream::Publisher& publisher, Millis timeout);

  // How far a partition's sealed segments have been told of: an index; nullopt for one never seen.
  std::optional<std::int64_t> told_until(const std::string& origin);
  void set_told_until(const std::string& origin, std::int64_t index);
  // Says whether the run before has ended with end_run().
  bool begin_run();
  void end_run();

 private:
  OwnEvents(sqlite::Database db, std::string name) : db_(std::move(db)), name_(std::move(name)) {}
  event::Event event_of(const Happening& happening, Timestamp now) const;

  sqlite::Database db_;
  std::string name_;
};

}  // namespace godwit::audit::keep
