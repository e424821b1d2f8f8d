// How the dispatcher sends: what has been claimed, and what somebody wants to try out.
#include <condition_variable>

#include "consumers/webhooks/dispatcher.h"

namespace godwit::webhooks {
namespace {

// One request or one mail, made before anything is sent.
struct Outgoing {
  std::optional<http::Mail> mail;
  std::optional<http::ClientRequest> request;

  Outgoing(const Endpoint& endpoint, const Claimed& message, Timestamp at, const SendLimits& limits) {
    if (endpoint.kind == Kind::email)
      mail = make_mail(endpoint, message, limits);
    else
      request = make_request(endpoint, message, at, limits);
  }
  std::string head() const { return request ? shown_headers(request->headers) : "{}"; }
  void send(http::EventClient& client, http::EventClient::Sent sent) {
    if (mail)
      client.send(std::move(*mail), std::move(sent));
    else
      client.send(std::move(*request), std::move(sent));
  }
};

}  // namespace

void Dispatcher::submit(const std::string& name, std::vector<Claimed> claimed) {
  const Timestamp now = context_.clock.now();
  for (Claimed& each : claimed) {
    const Endpoint* endpoint = by_name_.at(each.endpoint);
    in_flight_[name].insert(each.seq);
    ++flying_;
    gates_[each.endpoint].began(now, 1);
    Outgoing outgoing{*endpoint, each, now, options_.send};
    each.body.clear();  // it is in the request
    const auto job = std::make_shared<Job>(Job{.store = name,
                                               .endpoints = endpoints_,
                                               .endpoint = endpoint,
                                               .claimed = std::move(each),
                                               .started_at = now,
                                               .request_head = outgoing.head()});
    outgoing.send(*client_, [inbox = inbox_, job, limits = options_.send](
                                Result<http::ClientResponse> response, std::chrono::microseconds took) {
      Answer answer = make_answer(job->endpoint->kind, std::move(response), limits);
      inbox->add(JobDone{
          .job = std::move(*job), .answer = std::move(answer), .latency = std::chrono::round<Millis>(took)});
    });
  }
}

Result<Tested> Dispatcher::test(const Endpoint& endpoint, const Claimed& message) {
  std::shared_ptr<http::EventClient> client;
  {
    const std::lock_guard lock{mutex_};
    client = client_;
  }
  if (client == nullptr) return transient_error("nothing is sent now");
  struct Waiting {
    std::mutex mutex;
    std::condition_variable done;
    std::optional<Tested> tested;
  };
  const auto waiting = std::make_shared<Waiting>();
  Outgoing outgoing{endpoint, message, context_.clock.now(), options_.send};
  outgoing.send(*client, [waiting, kind = endpoint.kind, limits = options_.send](
                             Result<http::ClientResponse> response, std::chrono::microseconds took) {
    {
      const std::lock_guard lock{waiting->mutex};
      waiting->tested =
          Tested{make_answer(kind, std::move(response), limits), std::chrono::round<Millis>(took)};
    }
    waiting->done.notify_one();
  });
  std::unique_lock lock{waiting->mutex};
  if (!waiting->done.wait_for(lock, endpoint.timeout + options_.test_slack,
                              [&] { return waiting->tested.has_value(); }))
    return transient_error("nothing came of it in time");
  return *waiting->tested;
}

}  // namespace godwit::webhooks
