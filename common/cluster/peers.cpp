#include "common/cluster/peers.h"

namespace godwit::cluster {

Shares Alone::shares() const {
  const auto names = files_.names();
  Shares out;
  out.known = true;
  out.own.insert(names.begin(), names.end());
  return out;
}

std::vector<Result<http::ClientResponse>> Alone::ask(const std::vector<http::ClientRequest>& requests,
                                                     Millis) {
  return std::vector<Result<http::ClientResponse>>(requests.size(), transient_error("there is nobody else"));
}

}  // namespace godwit::cluster
