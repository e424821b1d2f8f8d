// View: the part of a consumer that answers over HTTP and does what follows from the fold. One per program.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/cluster/peers.h"
#include "common/http/router.h"
#include "common/kafka/client.h"
#include "common/metrics/exposition.h"
#include "common/projection/runner_stats.h"
#include "common/projection/store.h"
#include "common/sqlite/readers.h"
#include "common/stream/publisher.h"

namespace godwit::service {

// Calls visit(record) for each record that a topic has now, or for the last `newest` of each partition. Reads
// beside the group. `transient` when the end is not reached in time.
using ReadTopic = std::function<Status(const std::string& topic, std::optional<std::int64_t> newest,
                                       const std::function<void(const stream::Record&)>& visit)>;

// What a view may use. Everything outlives the view and is safe from every thread.
struct ViewContext {
  const sqlite::Readers& readers;
  stream::Publisher& publisher;
  const Clock& clock;
  cluster::Peers& peers;        // who answers for what is not here
  std::string store_directory;  // where this version's partition files lie
  // How far the fold is: for a view that must not act on a partition before it has caught up. Callable from
  // start() until stop() returns.
  std::function<projection::RunnerSnapshot()> folded = {};
  ReadTopic read_topic = {};  // none where there is no broker
};

class View {
 public:
  virtual ~View() = default;
  // Called once before anything starts. Handlers run on HTTP threads, several at a time.
  virtual void routes(http::Router& router) = 0;
  // After each commit, on the thread of the lane that folded: must be quick and must not block. Lanes call it
  // at the same time, never two of them for one store.
  virtual void changed(const std::string& store, const projection::Touched& touched);
  // Around the life of the loop. stop() ends whatever start() began, and open streams.
  virtual void start() {}
  virtual void stop() {}
  // SIGHUP: what the program was started with may be read again. On the main thread, between the two.
  virtual void reload() {}
  // Adds to GET /metrics.
  virtual void append_metrics(metrics::Exposition& page);
  // The same for a view whose page depends on the request, or on others; a response refuses the page.
  virtual std::optional<http::Response> answer_metrics(const http::Request& request,
                                                       metrics::Exposition& page);
};

}  // namespace godwit::service
