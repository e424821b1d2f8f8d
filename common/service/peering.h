// How a consumer joins the others of its group: over which topic it hears of them, and under which URL it can
// be reached.
#pragma once

#include <string>

#include "common/base/clock.h"
#include "common/cluster/link.h"
#include "common/cluster/membership.h"
#include "common/http/router.h"
#include "common/kafka/client.h"
#include "common/metrics/exposition.h"
#include "common/service/view.h"

namespace godwit::service {

// Reads `godwit.peers` of this cluster without a group.
cluster::OpenPeers open_peers(const kafka::ClientOptions& client, const Clock& clock);

ReadTopic read_topic(const kafka::ClientOptions& client);

// `invalid`, naming the flag, unless `advertise` is empty or http(s)://HOST[:PORT].
Status check_advertise(const std::string& advertise);
// `advertise` if given; else where the server listens, by the name of this host when that is every address.
std::string advertised_url(const std::string& advertise, const std::string& listen_address);

// godwit_peers, godwit_peers_rubbish_total
void append_peers(metrics::Exposition& page, const cluster::Membership& membership);

// GET /api/v1/cluster
void add_cluster(http::Router& router, const cluster::Membership& membership);

}  // namespace godwit::service
