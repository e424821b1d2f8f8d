#include "consumers/webhooks/listen.h"

#include <doctest/doctest.h>

#include "consumers/webhooks/signing.h"
#include "tests/unit/webhooks/events.h"

using namespace godwit;
using namespace godwit::webhooks;
using namespace godwit::webhooks::test;

namespace {

const std::string secret = "whsec_b6Ovv5eS7H5seJrGSStBYDivs8v2/KrFjfMaVZYsi7w=";

http::Request delivery(const std::string& id, const std::string& body, const std::string& signed_body) {
  auto request = http::make_request("POST", "/hook");
  GODWIT_CHECK(request.ok(), "no request");
  request->headers = {{"webhook-id", id},
                      {"webhook-timestamp", "1795262400"},
                      {"webhook-signature", sign(secret, id, noon, signed_body)}};
  request->body = body;
  return std::move(*request);
}

}  // namespace

TEST_CASE("the local receiver tells what is right, what came again, and what is not") {
  Listener listener{{.keys = secret, .status = 204}};
  const auto first = listener.hear(delivery("msg_1", "{}", "{}"), noon);
  CHECK(first.status == 204);
  CHECK(first.text == "2026-11-21T12:00:00.000Z /hook msg_1 verified\n{}\n");
  CHECK(listener.hear(delivery("msg_1", "{}", "{}"), noon).text.find("verified, again\n") !=
        std::string::npos);
  const auto changed = listener.hear(delivery("msg_2", "{\"a\":1}", "{}"), noon);
  CHECK(changed.status == 401);
  CHECK(changed.text.find("REFUSED") != std::string::npos);
  CHECK(listener.hear(delivery("msg_3", "{}", "{}"), noon + Millis{301'000}).status == 401);
  Listener trusting{{}};
  CHECK(trusting.hear(delivery("msg_4", "a\nb", "x"), noon).text.find("signed, not verified\na?b\n") !=
        std::string::npos);
}
