// Connects two network namespaces by two TUN devices, with a rate and a delay (Scripts/rank-network.py), for kernels
// without netem.
//
//     network-relay DEVICE DEVICE GBITS MILLISECONDS
//
// A packet leaves the queue of its direction at the rate, and is delivered after the delay. Packets come from the
// kernel's segmentation offload and have up to 64 KiB; each of their segments counts with its headers.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { PACKETS = 512, PACKET_BYTES = 66000, TCP_HEADERS = 52, ETHERNET_BYTES = 14 };

typedef struct {
  int64_t due;
  size_t size;
  uint8_t *bytes;
} packet;

/// The packets in transit in one direction: `first` ..< `last`, modulo `PACKETS`.
typedef struct {
  int source, target;
  packet packets[PACKETS];
  size_t first, last;
  pthread_mutex_t lock;
  pthread_cond_t changed;
} direction;

static double nanoseconds_per_byte;
static int64_t delay;

_Noreturn static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int open_device(const char *name) {
  int device = open("/dev/net/tun", O_RDWR);
  if (device < 0) fail("/dev/net/tun");
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(device, TUNSETIFF, &request) < 0) fail("TUNSETIFF");
  if (ioctl(device, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) < 0) fail("TUNSETOFFLOAD");
  return device;
}

/// The number of bytes of a packet on the wire.
static size_t wire_bytes(const uint8_t *bytes, size_t size) {
  struct virtio_net_hdr header;
  memcpy(&header, bytes, sizeof header);
  size -= sizeof header;
  size_t segments = 1;
  if (header.gso_type != VIRTIO_NET_HDR_GSO_NONE && header.gso_size > 0 && size > TCP_HEADERS)
    segments = (size - TCP_HEADERS + header.gso_size - 1) / header.gso_size;
  return size + (segments - 1) * TCP_HEADERS + segments * ETHERNET_BYTES;
}

/// TCP retransmits a lost packet, which distorts a measurement.
static void report_loss(void) { fputs("network-relay: a packet was lost\n", stderr); }

static void *read_packets(void *argument) {
  direction *way = argument;
  double free_at = 0;
  while (true) {
    packet *next = &way->packets[way->last % PACKETS];
    ssize_t size = read(way->source, next->bytes, PACKET_BYTES);
    if (size < 0) fail("read");
    if ((size_t)size <= sizeof(struct virtio_net_hdr)) continue;
    const double time = (double)now();
    free_at = (free_at > time ? free_at : time) + nanoseconds_per_byte * (double)wire_bytes(next->bytes, (size_t)size);
    next->size = (size_t)size;
    next->due = (int64_t)free_at + delay;
    pthread_mutex_lock(&way->lock);
    if (way->last + 1 - way->first < PACKETS) {
      way->last++;
      pthread_cond_signal(&way->changed);
    } else {
      report_loss();
    }
    pthread_mutex_unlock(&way->lock);
  }
  return NULL;
}

static void *write_packets(void *argument) {
  direction *way = argument;
  prctl(PR_SET_TIMERSLACK, 1);
  while (true) {
    pthread_mutex_lock(&way->lock);
    while (way->first == way->last) pthread_cond_wait(&way->changed, &way->lock);
    packet *next = &way->packets[way->first % PACKETS];
    pthread_mutex_unlock(&way->lock);
    const struct timespec due = {.tv_sec = next->due / 1000000000LL, .tv_nsec = next->due % 1000000000LL};
    if (next->due > now()) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    // A packet that the device rejects is lost, as on a wire.
    if (write(way->target, next->bytes, next->size) < 0) report_loss();
    pthread_mutex_lock(&way->lock);
    way->first++;
    pthread_mutex_unlock(&way->lock);
  }
  return NULL;
}

static void start(direction *way, int source, int target) {
  way->source = source;
  way->target = target;
  for (size_t i = 0; i < PACKETS; i++)
    if (!(way->packets[i].bytes = malloc(PACKET_BYTES))) fail("malloc");
  pthread_mutex_init(&way->lock, NULL);
  pthread_cond_init(&way->changed, NULL);
  pthread_t thread;
  if (pthread_create(&thread, NULL, read_packets, way) || pthread_create(&thread, NULL, write_packets, way))
    fail("pthread_create");
}

int main(int count, char **arguments) {
  if (count != 5) {
    fprintf(stderr, "usage: %s DEVICE DEVICE GBITS MILLISECONDS\n", arguments[0]);
    return 2;
  }
  const int first = open_device(arguments[1]), second = open_device(arguments[2]);
  nanoseconds_per_byte = 8 / atof(arguments[3]);
  delay = (int64_t)(atof(arguments[4]) * 1e6);
  // The ranks occupy all cores: without priority, packets would wait for them.
  const struct sched_param priority = {.sched_priority = 1};
  if (sched_setscheduler(0, SCHED_FIFO, &priority) < 0) perror("sched_setscheduler");
  static direction forth, back;
  start(&forth, first, second);
  start(&back, second, first);
  printf("ready\n");
  fflush(stdout);
  // Exits with its parent process.
  prctl(PR_SET_PDEATHSIG, 15);
  while (getppid() != 1) sleep(1);
  return 0;
}
