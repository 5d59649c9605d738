/*
 * GnuTLS's DANE code, asked case by case; the lines are those of openssl.c. It looks at records and signatures, not at
 * times and names. Standard output, one line for each case: "ok", or "no ERROR".
 */
#include <gnutls/dane.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gnutls_datum_t table[65536];
static int known = 0;

static gnutls_datum_t octets(const char *hex) {
    gnutls_datum_t read = {malloc(strlen(hex) / 2 + 1), strlen(hex) / 2};
    for (unsigned i = 0; i < read.size; i++) {
        unsigned octet;
        sscanf(hex + 2 * i, "%2x", &octet);
        read.data[i] = (unsigned char)octet;
    }
    return read;
}

static void decide(dane_state_t state, char *line) {
    char *item;
    strsep(&line, " ");
    strsep(&line, " ");
    char *records = strsep(&line, " "), *chain_list = strsep(&line, " ");
    char *rdata[64];
    int lengths[64];
    int count = 0;
    while (records != NULL && strcmp(records, "-") != 0 && (item = strsep(&records, ",")) != NULL && count < 63) {
        char *end;
        unsigned char numbers[3];
        for (int i = 0; i < 3; i++) {
            numbers[i] = (unsigned char)strtoul(item, &end, 10);
            item = end + 1;
        }
        gnutls_datum_t data = octets(item);
        rdata[count] = malloc(data.size + 3);
        memcpy(rdata[count], numbers, 3);
        memcpy(rdata[count] + 3, data.data, data.size);
        lengths[count++] = (int)data.size + 3;
        free(data.data);
    }
    rdata[count] = NULL;
    lengths[count] = 0;
    gnutls_datum_t chain[64];
    unsigned size = 0;
    while (chain_list != NULL && strcmp(chain_list, "-") != 0 && (item = strsep(&chain_list, ",")) != NULL && size < 64)
        chain[size++] = table[atoi(item)];

    dane_query_t query;
    unsigned verify = 0;
    int result = dane_raw_tlsa(state, &query, rdata, lengths, 1, 0);
    if (result == 0) {
        result = dane_verify_crt_raw(state, chain, size, GNUTLS_CRT_X509, query, 0, 0, &verify);
        dane_query_deinit(query);
    }
    if (result < 0) printf("no %s\n", dane_strerror(result));
    else if (verify != 0) printf("no 0x%x\n", verify);
    else printf("ok\n");
    for (int i = 0; i < count; i++) free(rdata[i]);
}

int main(void) {
    dane_state_t state;
    if (dane_state_init(&state, DANE_F_IGNORE_LOCAL_RESOLVER) < 0) return 1;
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "certificate ", 12) == 0) table[known++] = octets(line + 12);
        else if (strncmp(line, "case ", 5) == 0) decide(state, line + 5);
    }
    dane_state_deinit(state);
    return 0;
}
