// Upstreams: the other consumers, asked through the dashboard so that the page has one origin. Read only.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/http/multi_client.h"
#include "common/http/router.h"

namespace godwit::dashboard {

struct UpstreamLimits {
  Millis connect_timeout{1'000};
  Millis timeout{5'000};
  Millis export_stall{15'000};                      // of an export, which may be of any length
  std::size_t answer_bytes_max = 16 * 1024 * 1024;  // a longer answer is 502
};

// Safe from every thread; outlives the routes.
class Upstreams {
 public:
  // The addresses of each consumer's instances, by its short name ("audit"), in the order to try them in.
  using Urls = std::map<std::string, std::vector<std::string>>;
  explicit Upstreams(Urls urls, const UpstreamLimits& limits = {});

  // The answer of the first instance that gives one; the one that answered last is tried first.
  Result<http::ClientResponse> ask(const std::string& consumer, const std::string& target);
  // The same as an answer of ours: 502 with the member `consumer` when no instance answers.
  http::Response pass(const std::string& consumer, const http::Request& request);
  // An answer of any size, passed on as it comes; breaks off visibly when it does.
  http::Response pass_stream(const std::string& consumer, const http::Request& request,
                             const std::string& content_type, const std::string& file_name);

  std::vector<std::string> consumers() const;
  std::string url_of(const std::string& consumer) const;

 private:
  std::vector<std::string> in_order(const std::string& consumer) const;
  void prefer(const std::string& consumer, const std::string& url);

  const UpstreamLimits limits_;
  mutable std::mutex mutex_;
  Urls urls_;  // by mutex_; the order changes
  http::MultiClient client_;
};

// GET of the views that the page needs of progress, audit, webhooks and metrics.
void add_upstreams(http::Router& router, Upstreams& upstreams);

}  // namespace godwit::dashboard
