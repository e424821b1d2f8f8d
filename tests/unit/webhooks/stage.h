// Stage: everything around the dispatcher, with a log in memory, partition files in a directory of its own, a
// clock that moves when told, and a receiver over real HTTP that answers by script.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/http/server.h"
#include "common/projection/rebuild.h"
#include "common/projection/runner.h"
#include "common/sqlite/partition_files.h"
#include "common/stream/memory_log.h"
#include "consumers/webhooks/dispatcher.h"
#include "consumers/webhooks/tables.h"
#include "tests/unit/webhooks/events.h"

namespace godwit::webhooks::test {

// Asks again and again until the answer is yes, or the deadline has passed. True when it was yes.
bool eventually(const std::function<bool()>& condition, Millis deadline = Millis{10'000});

class SetClock final : public Clock {
 public:
  Timestamp now() const override { return from_unix_ms(ms_.load()); }
  void advance(Millis by) { ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> ms_ = to_unix_ms(noon);
};

// Keeps what is published until the test puts it into the log; answers at once.
class Outgoing final : public stream::Publisher {
 public:
  Status publish(stream::OutRecord record, stream::Acknowledge acknowledge) override;
  Status flush(Millis) override { return Done{}; }
  std::vector<stream::OutRecord> take();
  void break_off() { broken_ = true; }
  void mend() { broken_ = false; }

 private:
  std::mutex mutex_;
  std::vector<stream::OutRecord> records_;
  std::atomic<bool> broken_ = false;
};

struct Received {
  std::string path, id, timestamp, signature, body;
};

// Each path answers by its script, one reply after the other, then 200.
class Receiver {
 public:
  struct Reply {
    int status = 200;
    http::NameValues headers = {};
    bool hang = false;  // no answer until release()
  };

  Receiver();
  ~Receiver();
  std::string url(const std::string& path) const { return server_->url() + path; }
  void script(const std::string& path, std::vector<Reply> replies);
  void release();
  std::vector<Received> received(const std::string& path) const;
  std::size_t count(const std::string& path) const { return received(path).size(); }

 private:
  http::Response answer(const http::Request& request);

  mutable std::mutex mutex_;
  std::condition_variable released_;
  bool open_ = false;
  std::map<std::string, std::deque<Reply>> scripts_;
  std::vector<Received> received_;
  std::unique_ptr<http::Server> server_;
};

// One partition, folded and dispatched. restart() is a new process on the same disk.
class Stage {
 public:
  explicit Stage(Endpoints endpoints, DispatcherOptions options = {});
  ~Stage();

  void start();
  void stop();
  void restart();
  // Begins to rebuild the partition beside the dispatcher; fold() goes on with it.
  void rebuild();
  bool is_rebuilt() const;
  void lose_disk();  // the directory is gone; call between stop() and start()

  void emit(const event::Event& event);
  // Puts what was published into the log and folds all there is.
  void fold();
  // Moves the clock and tells the dispatcher.
  void advance(Millis by);

  // fold() and the condition, until it holds.
  bool settle(const std::function<bool()>& condition);
  std::string status(
      const std::string& endpoint) const;  // of the endpoint's newest delivery; "" when it has none
  std::vector<event::Event> told();        // delivery events in the log
  sqlite::Readers& readers() { return *readers_; }
  service::ViewContext context();
  std::shared_ptr<EndpointBook> endpoints() const { return endpoints_; }

  SetClock clock;
  Outgoing outgoing;
  stream::MemoryLog log{1};

 private:
  std::filesystem::path directory_;
  std::shared_ptr<EndpointBook> endpoints_;
  DispatcherOptions options_;
  std::unique_ptr<sqlite::Readers> readers_;
  std::unique_ptr<cluster::Alone> peers_;
  std::unique_ptr<sqlite::PartitionFiles<Webhooks, Tables>> stores_;
  std::unique_ptr<projection::Runner> runner_;
  std::unique_ptr<stream::MemorySource> source_;
  std::unique_ptr<projection::Rebuild> rebuild_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

}  // namespace godwit::webhooks::test
