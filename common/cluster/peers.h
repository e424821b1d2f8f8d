// Peers: the port through which a view learns who answers for what, and asks them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/cluster/shares.h"
#include "common/http/client.h"
#include "common/http/stream.h"
#include "common/sqlite/readers.h"

namespace godwit::cluster {

struct AskLimits {
  Millis timeout{2'000};                            // for one whole answer gathered from others
  Millis news_wait{300};                            // for a word on who owns what somebody has just given up
  std::size_t answer_bytes_max = 32 * 1024 * 1024;  // of one instance
  int retry_after_seconds = 2;                      // told to clients while a partition has no owner
};

// Safe from every thread; outlives the views.
class Peers {
 public:
  virtual ~Peers() = default;
  virtual Shares shares() const = 0;
  virtual const AskLimits& limits() const = 0;
  // All at once; one result per request, in order.
  virtual std::vector<Result<http::ClientResponse>> ask(const std::vector<http::ClientRequest>& requests,
                                                        Millis timeout) = 0;
  // Passes the body of the answer on as it comes, until either side ends.
  virtual void pipe(const http::ClientRequest& request, http::StreamWriter& out) = 0;
  // Returns when somebody's word has changed who owns what, or after `timeout`.
  virtual void await_news(Millis timeout) = 0;
};

// An instance without others: what it has is all there is. For tests of views, and tools.
class Alone final : public Peers {
 public:
  explicit Alone(const sqlite::Readers& files) : files_(files) {}

  Shares shares() const override;
  const AskLimits& limits() const override { return limits_; }
  std::vector<Result<http::ClientResponse>> ask(const std::vector<http::ClientRequest>& requests,
                                                Millis timeout) override;
  void pipe(const http::ClientRequest&, http::StreamWriter&) override {}
  void await_news(Millis) override {}

 private:
  const sqlite::Readers& files_;
  AskLimits limits_;
};

}  // namespace godwit::cluster
