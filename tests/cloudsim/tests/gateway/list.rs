//! What is in a bucket, in both versions of the list.

use crate::step::{Step, get, put};

pub(crate) fn table() -> Vec<Step> {
    let mut steps = vec![
        put("/{b}").empty(200),
        get("/{b}").has(&["<Name>{b}</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Marker></Marker></ListBucketResult>"]),
        get("/{b}?list-type=2").has(&["<IsTruncated>false</IsTruncated><KeyCount>0</KeyCount>"]),
        get("/{nobody}").refused(404, "NoSuchBucket"),
        get("/{b}?max-keys=many").refused(400, "InvalidArgument"),
        get("/{b}?max-keys=0").has(&["<MaxKeys>0</MaxKeys><IsTruncated>false</IsTruncated>"]),
    ];
    steps.extend(
        ["a/1", "a/2", "%C3%A4%20b"].map(|key| put(&format!("/{{b}}/{key}")).body("hello").empty(200)),
    );
    steps.extend(first());
    steps.extend(second());
    steps
}

fn first() -> Vec<Step> {
    let object = "<Key>a/1</Key><LastModified>";
    let rest = "Z</LastModified><ETag>&quot;5d41402abc4b2a76b9719d911017c592&quot;</ETag><Size>5</Size><StorageClass>STANDARD</StorageClass><Owner><ID>{owner}</ID><DisplayName>owner</DisplayName></Owner><Type>Normal</Type></Contents>";
    vec![
        get("/{b}").has(&[object, rest, "<Key>a/2</Key>", "<Key>ä b</Key>"]),
        get("/{b}?prefix=a/&max-keys=1")
            .has(&[
                object,
                "<IsTruncated>true</IsTruncated>",
                "<Marker></Marker><NextMarker>a/1</NextMarker>",
            ])
            .lacks("a/2"),
        get("/{b}?marker=a/1&max-keys=1")
            .has(&["<Key>a/2</Key>", "<Marker>a/1</Marker><NextMarker>a/2</NextMarker>"])
            .lacks("<Key>a/1"),
        get("/{b}?delimiter=/")
            .has(&[
                "<Delimiter>/</Delimiter>",
                "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes><Contents><Key>ä b</Key>",
            ])
            .lacks("a/1"),
        get("/{b}?prefix=nothing").lacks("<Contents>"),
    ]
}

fn second() -> Vec<Step> {
    vec![
        get("/{b}?list-type=2&max-keys=2")
            .has(&[
                "<Key>a/1</Key>",
                "<NextContinuationToken>a/2</NextContinuationToken><KeyCount>2</KeyCount>",
            ])
            .lacks("<Owner>"),
        get("/{b}?list-type=2&continuation-token=a/2")
            .has(&["<Key>ä b</Key>", "<KeyCount>1</KeyCount>"])
            .lacks("a/1"),
        get("/{b}?list-type=2&start-after=a/1").has(&["<Key>a/2</Key>", "<KeyCount>2</KeyCount>"]),
        get("/{b}?list-type=2&fetch-owner=true").has(&["<Owner><ID>{owner}</ID>"]),
        get("/{b}?list-type=2&delimiter=/&encoding-type=url").has(&[
            "<EncodingType>url</EncodingType>",
            "<Key>%C3%A4%20b</Key>",
            "<KeyCount>2</KeyCount>",
        ]),
    ]
}
